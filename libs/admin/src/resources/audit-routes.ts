import { auditPage, auditQuery } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ResourceOptions } from './resource-options.ts';
import { toAuditView } from './wire/audit-view.ts';
import { problems, QUERY_PROBLEMS } from './wire/problems.ts';
import { known } from './wire/values.ts';

/** `GET /audit`. */
export const auditRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { store }) => {
  app.get(
    '/audit',
    {
      config: { rule: 'audit:read' },
      schema: {
        summary: 'What was done, by whom and why, newest first',
        description:
          'The entries that an operation made for its jobs are only in the lists of `jobId` and of `operationId`.',
        tags: ['audit'],
        querystring: auditQuery,
        response: { 200: auditPage, ...problems(...QUERY_PROBLEMS) },
      },
    },
    async ({ query: { jobId, operationId, before, beforeAt, limit } }) => {
      const until = beforeAt === undefined ? undefined : Date.parse(beforeAt);
      const which = known({
        ...{ jobId: jobId?.toLowerCase(), operationId: operationId?.toLowerCase() },
        ...{ beforeSeq: before, beforeAt: until },
      });
      return { entries: (await store.audit({ ...which, limit })).map(toAuditView) };
    },
  );
};
