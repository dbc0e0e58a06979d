import { emptyResponse } from '@leveret/http';
import { accountSessionList } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { principalOf } from '../../access/guard.ts';
import { authorOf } from '../wire/author.ts';
import { problems } from '../wire/problems.ts';
import type { AccountRoutesOptions } from './account-routes.ts';

const config = { rule: 'accounts:manage' } as const;
const tags = ['accounts'];

/** `GET /sessions`, `DELETE /sessions/:id`. */
export const sessionListRoutes: FastifyPluginAsyncZod<AccountRoutesOptions> = async (
  app,
  { accounts, onChange },
) => {
  app.get(
    '/sessions',
    {
      config,
      schema: {
        summary: 'Sessions that are valid',
        description: 'The newest first, at most 1,000.',
        tags,
        response: { 200: accountSessionList, ...problems() },
      },
    },
    async (request) => {
      const { sessionId } = principalOf(request);
      const sessions = await accounts.sessions();
      return {
        sessions: sessions.map(({ createdAt, expiresAt, ...session }) => ({
          ...session,
          createdAt: new Date(createdAt).toISOString(),
          expiresAt: new Date(expiresAt).toISOString(),
          isThis: session.id === sessionId,
        })),
      };
    },
  );

  app.delete(
    '/sessions/:id',
    {
      config,
      schema: {
        summary: 'End a session',
        description: 'This process refuses it immediately, and other processes within 10 seconds.',
        tags,
        params: z.object({ id: z.string() }),
        response: {
          204: emptyResponse('The session has ended.'),
          ...problems('SESSION_NOT_FOUND', 'ORIGIN_REFUSED'),
        },
      },
    },
    async (request, reply) => {
      await accounts.endSession(request.params.id, authorOf(request, null));
      onChange();
      return reply.code(204).send(null);
    },
  );
};
