import { LeveretError } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** Still answered while the server stops: the process is alive until it is gone. */
const LIVENESS_PATH = '/health/live';

async function drainPlugin(app: FastifyInstance): Promise<void> {
  const livenessPath = `${app.prefix}${LIVENESS_PATH}`;
  let isDraining = false;

  app.addHook('preClose', async () => {
    isDraining = true;
  });

  app.addHook('onRequest', async (request) => {
    if (isDraining && request.routeOptions.url !== livenessPath)
      throw new LeveretError('SHUTTING_DOWN', 'the server is stopping');
  });

  app.addHook('onSend', async (_request, reply, payload) => {
    // A connection kept alive would keep the server from closing.
    if (isDraining) reply.header('connection', 'close');
    return payload;
  });
}

/** While the server closes: requests under way finish, further ones on open connections are refused with `SHUTTING_DOWN`. */
export const drain = fp(drainPlugin, { name: 'leveret-drain', fastify: '5.x' });
