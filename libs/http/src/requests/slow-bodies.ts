import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { isStillSending } from './linger.ts';

/** How often the progress of a body is looked at, in milliseconds. */
const WINDOW_MS = 30_000;
/** A client that sends fewer bytes than this in a window, with us waiting for more, is cut off: 1 kB a second. */
const LEAST_WINDOW_BYTES = 30_000;

async function slowBodiesPlugin(app: FastifyInstance, options: { readonly clock?: Clock }): Promise<void> {
  const { clock = systemClock } = options;

  app.addHook('onRequest', async ({ raw }, reply) => {
    // Of a request that was made up by a test, nothing arrives.
    if (raw.complete === undefined) return;
    const stop = watch(raw, reply.raw, clock);
    reply.raw.once('close', stop);
  });

  app.addHook('onSend', async ({ raw }, reply, payload) => {
    // Nobody reads the rest: kept open, the connection would be held for as long as the client likes to send.
    if (isStillSending(raw)) reply.header('connection', 'close');
    return payload;
  });
}

function watch(request: IncomingMessage, response: ServerResponse, clock: Clock): () => void {
  let seen = progressOf(request);
  let cancel = clock.schedule(WINDOW_MS, look);

  function look(): void {
    if (isTaken(request, response)) return;
    const now = progressOf(request);
    const gotBytes = now.receivedBytes - seen.receivedBytes;
    // With bytes waiting to be taken it is this side that is slow, not the client, as long as it takes any.
    const isSlow = gotBytes < LEAST_WINDOW_BYTES && now.waitingBytes === 0;
    const isStuck = gotBytes === 0 && now.waitingBytes === seen.waitingBytes;
    seen = now;
    if (isSlow || isStuck) request.destroy();
    else cancel = clock.schedule(WINDOW_MS, look);
  }

  return () => cancel();
}

function progressOf({ socket, readableLength }: IncomingMessage) {
  return { receivedBytes: socket.bytesRead, waitingBytes: readableLength };
}

/** Whether all of the body was taken, or is there and wanted by nobody because the answer has begun. */
function isTaken(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.readableEnded || request.destroyed) return true;
  return request.complete && (request.readableLength === 0 || response.headersSent);
}

/**
 * Cuts off clients that hold a connection by sending a body by drops, or while a body is stuck half-way; and closes the
 * connection of a client that is answered before it has sent its body.
 */
export const slowBodies = fp(slowBodiesPlugin, { name: 'leveret-slow-bodies', fastify: '5.x' });
