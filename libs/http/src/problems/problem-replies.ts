import { type Clock, errorRule, LeveretError, type Logger, systemClock } from '@leveret/core';
import { PROBLEM_MEDIA_TYPE } from '@leveret/http-contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { dropBody, isStillSending, lingeringBody } from '../requests/linger.ts';
import { createMethodTable } from './method-table.ts';
import { cut, toLeveretError, toProblem } from './problem.ts';

/** What the plugin works with. */
export interface ProblemRepliesOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Path that the pages of errors are below; that of the scope when left out. */
  readonly mountPrefix?: string;
}

/** Seconds after which a client may repeat a request that failed for a reason that passes. */
const RETRY_AFTER_SECONDS = 5;

async function problemRepliesPlugin(app: FastifyInstance, options: ProblemRepliesOptions): Promise<void> {
  const { logger, clock = systemClock, mountPrefix: prefix = app.prefix } = options;
  const methods = createMethodTable(app);

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const durationMs = Math.round(reply.elapsedTime);
    logger.debug(
      {
        requestId: request.id,
        peer: request.ip,
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        durationMs,
      },
      'answered',
    );
  });

  app.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply));

  app.setNotFoundHandler((request, reply) => refuse(misaddressed(request, reply), request, reply));

  app.addHook('preParsing', async (request, reply, payload) => {
    // Before its body is read, or asked for.
    if (request.is404) throw misaddressed(request, reply);
    return payload;
  });

  function misaddressed(request: FastifyRequest, reply: FastifyReply): LeveretError {
    const allowed = methods.allowedFor(pathOf(request));
    if (allowed.length === 0) return new LeveretError('ROUTE_UNKNOWN', 'nothing is served here');
    reply.header('allow', allowed.join(', '));
    return new LeveretError('METHOD_NOT_ALLOWED', `${request.method} is not served here`);
  }

  function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const error = toLeveretError(thrown);
    const { httpStatus, retryable } = errorRule(error.code);
    logRefusal(error, request);
    if (httpStatus === 503 || (httpStatus === 507 && retryable))
      reply.header('retry-after', RETRY_AFTER_SECONDS);
    const { retryAfterSeconds } = error.details;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
    const problem = toProblem(error, { requestId: request.id, path: pathOf(request), prefix });
    const body = JSON.stringify(problem);
    reply.code(httpStatus).type(PROBLEM_MEDIA_TYPE).header('cache-control', 'no-store');
    if (!isStillSending(request.raw)) {
      dropBody(request.raw);
      return reply.send(body);
    }
    reply.header('connection', 'close').header('content-length', Buffer.byteLength(body));
    return reply.send(lingeringBody(body, request.raw, clock));
  }

  function logRefusal(error: LeveretError, request: FastifyRequest): void {
    const fields = {
      requestId: request.id,
      peer: request.ip,
      method: request.method,
      route: request.routeOptions.url,
      code: error.code,
    };
    if (error.code === 'INTERNAL')
      logger.error({ ...fields, err: error.cause ?? error }, 'a request failed unexpectedly');
    else if (errorRule(error.code).httpStatus >= 500)
      logger.warn({ ...fields, error: cut(error.message) }, 'a request could not be served');
    else logger.info({ ...fields, error: cut(error.message) }, 'a request was refused');
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}

/**
 * Answers every failed request with a problem (RFC 9457) of the error table, and gives every answer the id of its request
 * as `X-Request-Id`. Nothing of an unexpected error but its code reaches the client: the rest is in the log, under that id.
 * Applies to the scope it is registered in; register it before the routes.
 */
export const problemReplies = fp(problemRepliesPlugin, { name: 'leveret-problem-replies', fastify: '5.x' });
