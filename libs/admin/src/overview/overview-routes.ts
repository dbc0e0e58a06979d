import { overview as overviewSchema } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problems } from '../resources/wire/problems.ts';
import type { Overview } from './overview.ts';

/** `GET /overview`. */
export const overviewRoutes: FastifyPluginAsyncZod<{ readonly overview: Overview }> = async (
  app,
  { overview },
) => {
  app.get(
    '/overview',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Whether anything is wrong, and where jobs pile up',
        tags: ['overview'],
        response: { 200: overviewSchema, ...problems() },
      },
    },
    async () => await overview.current(),
  );
};
