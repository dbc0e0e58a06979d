import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** How often the progress of a body is looked at, in milliseconds. */
const WINDOW_MS = 30_000;
/** A client that sends fewer bytes than this in a window, with us waiting for more, is cut off: 1 kB a second. */
const LEAST_WINDOW_BYTES = 30_000;

async function slowBodiesPlugin(app: FastifyInstance, options: { readonly clock?: Clock }): Promise<void> {
  const { clock = systemClock } = options;

  app.addHook('onRequest', async ({ raw }, reply) => {
    if (raw.complete !== false) return;
    const stop = watch(raw, clock);
    reply.raw.once('close', stop);
  });
}

function watch(request: IncomingMessage, clock: Clock): () => void {
  const { socket } = request;
  let seenBytes = socket.bytesRead;
  let cancel = clock.schedule(WINDOW_MS, look);

  function look(): void {
    if (request.complete || request.destroyed) return;
    const gotBytes = socket.bytesRead - seenBytes;
    seenBytes = socket.bytesRead;
    // With bytes waiting to be taken it is this side that is slow, not the client.
    if (gotBytes < LEAST_WINDOW_BYTES && request.readableLength === 0) request.destroy();
    else cancel = clock.schedule(WINDOW_MS, look);
  }

  return () => cancel();
}

/** Cuts off clients that hold a connection by sending a body by drops. */
export const slowBodies = fp(slowBodiesPlugin, { name: 'leveret-slow-bodies', fastify: '5.x' });
