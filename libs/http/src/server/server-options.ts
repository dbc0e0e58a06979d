import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import {
  type Clock,
  type ErrorCode,
  errorRule,
  LeveretError,
  newId,
  type Random,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { PROBLEM_MEDIA_TYPE } from '@leveret/http-contract';
import type { FastifyHttpOptions, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import { toProblem } from '../problems/problem.ts';
import { isStillSending, lingeringBody } from '../requests/linger.ts';
import { BARE_HEADERS } from './security-headers.ts';

/** What the options are made of. */
export interface ServerOptionsSources {
  /** For the ids of requests. */
  readonly clock?: Clock;
  /** For the ids of requests. */
  readonly random?: Random;
  /** Path that the API is mounted below; none at the root. */
  readonly prefix?: string;
}

/** A client that has not sent the head of its request after this long, in milliseconds, is cut off. */
const HEAD_DEADLINE_MS = 30_000;
/** How often the deadline is looked at, in milliseconds. */
const HEAD_CHECK_MS = 5_000;
/** An idle connection is closed after this long, in milliseconds: longer than common proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000;
/** Longest head of a request, in bytes. */
const MAX_HEADER_BYTES = 16_384;

/**
 * Options for the Fastify server of an API: ids of our own for requests (a client's are not trusted), deadlines for
 * clients that send nothing, and problems for what is refused before a route is known. A request without a Host is let
 * through to the routes: those of the API refuse it.
 */
export function createServerOptions(
  sources: ServerOptionsSources = {},
): FastifyHttpOptions<RawServerDefault> {
  const { clock = systemClock, random = systemRandom, prefix = '' } = sources;
  const nextId = () => newId(clock, random);
  return {
    logger: false,
    genReqId: nextId,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: HEAD_DEADLINE_MS,
      connectionsCheckingInterval: HEAD_CHECK_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
    },
    // While stopping, requests on open connections get a problem from the drain plugin instead of the framework's words.
    return503OnClosing: false,
    // Whatever fits into the head is looked up: an id that is too long is an id that is not there.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_HEADER_BYTES },
    frameworkErrors: (_error, request, reply) => refuseAddress(request, reply, { clock, prefix }),
    clientErrorHandler: (error, socket) => answerAndClose(error, socket, { requestId: nextId(), prefix }),
  };
}

function refuseAddress(
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, prefix }: { readonly clock: Clock; readonly prefix: string },
): void {
  const refusal = { requestId: request.id, prefix, what: 'the address cannot be read' };
  const { status, text, headers } = toRefusal('REQUEST_INVALID', refusal);
  const response = reply.raw as ServerResponse;
  response.writeHead(status, headers);
  if (isStillSending(request.raw))
    pipeline(lingeringBody(text, request.raw, clock), response, () => undefined);
  else response.end(text);
}

/** There is no request to answer: what came could not be read as one. */
function answerAndClose(
  error: NodeJS.ErrnoException,
  socket: Socket,
  context: { readonly requestId: string; readonly prefix: string },
): void {
  const answer = openAnswerOf(socket);
  // An answer that has begun, or belongs to a request before this one, must not be mixed with another.
  if (!socket.writable || (answer !== undefined && (answer.headersSent || answer.req.complete))) {
    socket.destroy();
    return;
  }
  const code = codeOf(error, answer !== undefined);
  const { status, text, headers } = toRefusal(code, {
    ...context,
    what: 'the request could not be read as HTTP',
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
  // Once it is written: a client that neither sends nor closes would hold its half of the connection for ever.
  socket.destroySoon();
}

/** The answer that is due on the connection, which Node keeps there and looks at for the same reason. */
function openAnswerOf(socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}

/** An error of Node's HTTP parser, in our codes. */
function codeOf({ code }: NodeJS.ErrnoException, hasRequest: boolean): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return code === 'HPE_INVALID_EOF_STATE' && hasRequest ? 'UPLOAD_INTERRUPTED' : 'REQUEST_INVALID';
}

interface Refusal {
  readonly requestId: string;
  readonly prefix: string;
  readonly what: string;
}

function toRefusal(code: ErrorCode, { requestId, prefix, what }: Refusal) {
  const text = JSON.stringify(toProblem(new LeveretError(code, what), { requestId, path: '/', prefix }));
  const headers = {
    ...BARE_HEADERS,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(text),
    'x-request-id': requestId,
    connection: 'close',
  };
  return { status: errorRule(code).httpStatus, text, headers };
}
