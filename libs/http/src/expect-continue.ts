import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

async function expectContinuePlugin(app: FastifyInstance): Promise<void> {
  // With a listener, Node leaves it to us to tell the client to go on.
  app.server.on('checkContinue', (request, response) => app.server.emit('request', request, response));

  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue?.();
    return payload;
  });
}

/**
 * Tells a client that waits with its body (`Expect: 100-continue`, which curl sends with large ones) to go on only once
 * the request has passed every check that needs no body: what is refused is refused before it was sent.
 */
export const expectContinue = fp(expectContinuePlugin, { name: 'leveret-expect-continue', fastify: '5.x' });
