import { type FilteredCount, isOfKind, type JobCount, type JobFilter } from '@leveret/core';
import {
  completionQuery,
  completions,
  jobCountQuery,
  jobCounts,
  jobListQuery,
  jobPage,
} from '@leveret/http-contract/admin';
import { parseFilter } from '@leveret/http-contract/filter';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ResourceOptions } from '../resource-options.ts';
import { FILTER_PROBLEMS, problems, QUERY_PROBLEMS } from '../wire/problems.ts';
import { known, toLagView, toStateCounts } from '../wire/values.ts';
import { completeTerm } from './completions.ts';
import { toJobSummaryView } from './job-view.ts';
import { formatListCursor, parseListCursor } from './list-cursor.ts';

const TAGS = ['jobs'];

/** `GET /jobs`, `GET /jobs/count` and `GET /jobs/completions`. */
export const jobListRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (
  app,
  { reader, store, clock },
) => {
  app.get(
    '/jobs',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'A page of the jobs that a filter selects',
        description:
          'By when they were last updated. Every job that neither changes nor is deleted meanwhile is on exactly one page.',
        tags: TAGS,
        querystring: jobListQuery,
        response: { 200: jobPage, ...problems(...QUERY_PROBLEMS, ...FILTER_PROBLEMS, 'CURSOR_INVALID') },
      },
    },
    async ({ query: { filter: text, order, limit, cursor } }) => {
      const place = cursor === undefined ? undefined : parseListCursor(cursor);
      const now = place?.now ?? clock.now();
      const filter = parseFilter(text, now);
      const after = place === undefined ? {} : { cursor: place.cursor };
      const [lag, { jobs, nextCursor }] = await Promise.all([
        reader.lag(),
        reader.list({ filter, order, limit, ...after }),
      ]);
      const next =
        nextCursor === undefined ? {} : { nextCursor: formatListCursor({ now, cursor: nextCursor }) };
      return { jobs: jobs.map(toJobSummaryView), ...next, lag: toLagView(lag) };
    },
  );

  app.get(
    '/jobs/count',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'How many jobs a filter selects',
        tags: TAGS,
        querystring: jobCountQuery,
        response: { 200: jobCounts, ...problems(...QUERY_PROBLEMS, ...FILTER_PROBLEMS) },
      },
    },
    async ({ query }) => {
      const filter = parseFilter(query.filter, clock.now());
      const [lag, counted, counts] = await Promise.all([reader.lag(), reader.count(filter), reader.counts()]);
      const { count, isExact } = counted;
      return {
        count,
        isExact,
        ...known({ byState: byStateOf(counted, counts, filter) }),
        lag: toLagView(lag),
      };
    },
  );

  app.get(
    '/jobs/completions',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'How a term of a filter may go on, by what the ledger holds',
        tags: TAGS,
        querystring: completionQuery,
        response: { 200: completions, ...problems(...QUERY_PROBLEMS) },
      },
    },
    async ({ query }) => ({ completions: await completeTerm(query.term, { reader, store, clock }) }),
  );
};

/** For the choice among states: the states of a filter hide no others. Of a search, only the states that it found are known. */
function byStateOf(counted: FilteredCount, counts: readonly JobCount[], filter: JobFilter) {
  if (hasOnlyPlace(filter)) return toStateCounts(counts.filter((group) => isInPlace(group, filter)));
  return filter.states === undefined ? counted.byState : undefined;
}

/** Whether the filter has only conditions on queue, kind and state. */
function hasOnlyPlace({ states, queue, kind, ...others }: JobFilter): boolean {
  return Object.keys(others).length === 0;
}

function isInPlace(
  group: { readonly queue: string; readonly kind: string },
  { queue, kind }: JobFilter,
): boolean {
  return (queue === undefined || queue === group.queue) && isOfKind(kind, group.kind);
}
