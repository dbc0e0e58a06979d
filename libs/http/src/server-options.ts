import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';
import { toProblem } from './problem.ts';

/** Where ids of requests come from. */
export interface ServerOptionsSources {
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A client that has not sent the head of its request after this long, in milliseconds, is cut off. */
const HEAD_DEADLINE_MS = 30_000;
/** How often the deadline is looked at, in milliseconds. */
const HEAD_CHECK_MS = 5_000;
/** An idle connection is closed after this long, in milliseconds: longer than common proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000;
/** Longest head of a request, in bytes. */
const MAX_HEADER_BYTES = 16_384;

/** Error codes of Node's HTTP parser that have a code of their own here. */
const CODE_BY_PARSER_CODE: Readonly<Record<string, ErrorCode>> = { HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE' };

/**
 * Options for the Fastify server of an API: ids of our own for requests (a client's are not trusted), deadlines for
 * clients that send nothing, and problems for what is refused before a route is known.
 */
export function createServerOptions(
  sources: ServerOptionsSources = {},
): FastifyHttpOptions<RawServerDefault> {
  const { clock = systemClock, random = systemRandom } = sources;
  const nextId = () => newId(clock, random);
  return {
    logger: false,
    genReqId: nextId,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: HEAD_DEADLINE_MS,
      connectionsCheckingInterval: HEAD_CHECK_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    // While stopping, requests on open connections get a problem from the drain plugin instead of the framework's words.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, request, reply) => {
      const { status, text } = problemText('REQUEST_INVALID', 'the address cannot be read', request.id);
      (reply.raw as ServerResponse).writeHead(status, {
        'content-type': PROBLEM_MEDIA_TYPE,
        'x-request-id': request.id,
      });
      reply.raw.end(text);
    },
    clientErrorHandler: (error, socket) => answerAndClose(error, socket, nextId()),
  };
}

/** There is no request to answer: what came could not be read as one. */
function answerAndClose(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = CODE_BY_PARSER_CODE[error.code ?? ''] ?? 'REQUEST_INVALID';
  const { status, text } = problemText(code, 'the request could not be read as HTTP', requestId);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function problemText(code: ErrorCode, message: string, requestId: string): { status: number; text: string } {
  const problem = toProblem(new LeveretError(code, message), { requestId, path: '/' });
  return { status: errorRule(code).httpStatus, text: JSON.stringify(problem) };
}
