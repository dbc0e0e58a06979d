import { type FailureGroup, type FailureTrends, type JobReader, LeveretError } from '@leveret/core';
import {
  type FailureGroupDetailsView,
  failureGroupDetails,
  failureGroups,
  failureGroupsQuery,
} from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { toFailureView } from '../jobs/job-view.ts';
import type { ResourceOptions } from '../resource-options.ts';
import { problems, QUERY_PROBLEMS } from '../wire/problems.ts';
import { toLagView } from '../wire/values.ts';
import { differencesOf } from './differences.ts';
import { toFailureGroupView } from './group-view.ts';

/** So many of the newest jobs of a group are compared. */
const COMPARED_JOBS = 100;

const TAGS = ['failures'];

/** `GET /failures` and `GET /failures/:fingerprint`. */
export const failureRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { reader, clock }) => {
  app.get(
    '/failures',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Groups of failures that have retrying or dead jobs',
        description: 'Those that failed last come first.',
        tags: TAGS,
        querystring: failureGroupsQuery,
        response: { 200: failureGroups, ...problems(...QUERY_PROBLEMS) },
      },
    },
    async ({ query }) => {
      const [lag, groups] = await Promise.all([reader.lag(), reader.failureGroups(query.limit)]);
      const trends = await readTrends(reader, groups, clock.now());
      return { groups: groups.map((group) => toFailureGroupView(group, trends)), lag: toLagView(lag) };
    },
  );

  app.get(
    '/failures/:fingerprint',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'A group of failures, its newest failure in full, and what differs between its jobs',
        description: `Of the jobs whose newest failure has the fingerprint, the newest ${COMPARED_JOBS} that are retrying or dead are compared.`,
        tags: TAGS,
        params: z.object({ fingerprint: z.string().describe('All of its 16 digits.') }),
        response: { 200: failureGroupDetails, ...problems('FAILURE_GROUP_NOT_FOUND', 'QUERY_TOO_BROAD') },
      },
    },
    async ({ params }) => await readDetails(reader, params.fingerprint.toLowerCase(), clock.now()),
  );
};

async function readTrends(
  { activity }: JobReader,
  groups: readonly FailureGroup[],
  now: number,
): Promise<FailureTrends> {
  return await activity.failureTrends(
    groups.map(({ fingerprint }) => fingerprint),
    now,
  );
}

async function readDetails(
  reader: JobReader,
  fingerprint: string,
  now: number,
): Promise<FailureGroupDetailsView> {
  const lag = await reader.lag();
  const group = await reader.failureGroup(fingerprint);
  if (group === undefined)
    throw new LeveretError('FAILURE_GROUP_NOT_FOUND', 'no job has ever failed with this fingerprint');
  const { jobs } = await reader.list({
    filter: { fingerprint, states: ['retrying', 'dead'] },
    order: 'newest-first',
    limit: COMPARED_JOBS,
  });
  // The job that failed last may have failed otherwise since: then it has no message.
  const sampleId = group.sample.message === undefined ? jobs[0]?.id : group.sample.jobId;
  const [trends, attempts, sample] = await Promise.all([
    readTrends(reader, [group], now),
    reader.newestAttempts(jobs.map(({ id }) => id)),
    sampleId === undefined ? undefined : reader.get(sampleId),
  ]);
  const failure = sample?.job.failure;
  return {
    group: toFailureGroupView(group, trends),
    ...(failure === undefined ? {} : { sample: toFailureView(failure) }),
    differs: [...differencesOf(jobs, attempts)],
    compared: jobs.length,
    lag: toLagView(lag),
  };
}
