import type { Clock, ErrorCode, JobReader } from '@leveret/core';
import { jobListQuery } from '@leveret/http-contract/admin';
import { parseFilter } from '@leveret/http-contract/filter';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { jobNotFound } from '../resources/jobs/job-view.ts';
import { requireId } from '../resources/wire/params.ts';
import { FILTER_PROBLEMS, problems, QUERY_PROBLEMS } from '../resources/wire/problems.ts';
import type { Live } from './live.ts';

/** What the routes of live streams work with. */
export interface LiveRoutesOptions {
  readonly live: Live;
  readonly reader: Pick<JobReader, 'get'>;
  readonly clock: Clock;
}

const lastEventId = z
  .string()
  .regex(/^\d{1,16}$/, 'a change number')
  .optional()
  .describe('As the header Last-Event-ID, for clients that cannot set it: the header wins.');

const stream = {
  description: 'Server-sent events: see the reference of live streams.',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** Codes with which a stream may be refused. */
const STREAM_PROBLEMS: readonly ErrorCode[] = ['STREAMS_LIMITED', 'STREAMS_EXHAUSTED'];

/** What all streams have in common: a HEAD request would wait for the end of a stream. */
const shared = { config: { rule: 'jobs:read' }, exposeHeadRoute: false } as const;

/** `GET /live/overview`, `GET /live/jobs` and `GET /live/jobs/:id`. */
export const liveRoutes: FastifyPluginAsyncZod<LiveRoutesOptions> = async (app, { live, reader, clock }) => {
  app.addHook('preClose', async () => live.close());

  app.get(
    '/live/overview',
    {
      ...shared,
      schema: {
        summary: 'The overview, whenever it changes',
        tags: ['live'],
        querystring: z.strictObject({ lastEventId }),
        response: { 200: stream, ...problems(...STREAM_PROBLEMS, ...QUERY_PROBLEMS) },
      },
    },
    async (request, reply) => live.followOverview(request, reply),
  );

  app.get(
    '/live/jobs',
    {
      ...shared,
      schema: {
        summary: 'What happens to the jobs that a filter selects',
        tags: ['live'],
        querystring: jobListQuery.pick({ filter: true }).extend({ lastEventId }),
        response: { 200: stream, ...problems(...STREAM_PROBLEMS, ...QUERY_PROBLEMS, ...FILTER_PROBLEMS) },
      },
    },
    async (request, reply) => {
      const { filter } = request.query;
      parseFilter(filter, clock.now());
      live.followList(request, reply, { filter, after: lastEventIdOf(request, request.query.lastEventId) });
    },
  );

  app.get(
    '/live/jobs/:id',
    {
      ...shared,
      schema: {
        summary: 'A job, whenever it changes',
        tags: ['live'],
        params: z.object({ id: z.string() }),
        querystring: z.strictObject({ lastEventId }),
        response: { 200: stream, ...problems(...STREAM_PROBLEMS, ...QUERY_PROBLEMS, 'JOB_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const id = requireId(request.params.id, 'JOB_NOT_FOUND');
      if ((await reader.get(id)) === undefined) throw jobNotFound(id);
      live.followJob(request, reply, id);
    },
  );
};

/** A header that is no change number is of another server: the client knows nothing of this ledger, as with number 0. */
function lastEventIdOf({ headers }: FastifyRequest, ofQuery: string | undefined): number | undefined {
  const text = headers['last-event-id'] ?? ofQuery;
  if (text === undefined || text === '') return undefined;
  return /^\d{1,16}$/.test(String(text)) ? Number(text) : 0;
}
