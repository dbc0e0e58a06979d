import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type Clock, sleep } from '@leveret/core';

/** How long a connection stays open, in milliseconds, for a client that still sends a body nobody reads any more. */
const LINGER_MS = 2_000;

/** Whether the client has a body to send and has not sent all of it yet. */
export function isStillSending(request: IncomingMessage): boolean {
  return request.complete === false && !request.destroyed && hasBody(request);
}

/** While the head is being read no request is complete: only the head tells whether more is to come. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Takes what is left of a body out of the hands of whoever was reading it, and drops it. */
export function dropBody(request: IncomingMessage): void {
  // A parser that stopped reading would hold back the rest for ever.
  request.unpipe();
  request.resume();
}

/**
 * The body of an answer to a client that is still sending. All of `text` is written at once; then what still arrives is
 * dropped for a moment before the answer ends and with it the connection. Closed at once, the connection would be reset
 * and the client would lose the answer that tells why.
 */
export function lingeringBody(text: string, request: IncomingMessage, clock: Clock): Readable {
  return Readable.from(write(text, request, clock));
}

async function* write(text: string, request: IncomingMessage, clock: Clock): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
  const finished = new AbortController();
  for (const event of ['end', 'close', 'error'] as const) request.once(event, () => finished.abort());
  dropBody(request);
  await sleep(clock, LINGER_MS, finished.signal);
}
