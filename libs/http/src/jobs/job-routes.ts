import type { ServerResponse } from 'node:http';
import type { JobClient } from '@leveret/client';
import {
  type ChangeFeed,
  type Clock,
  isUuid,
  type JobRecord,
  LeveretError,
  type Logger,
  payloadToSend,
  redactJob,
} from '@leveret/core';
import { type Job, job, jobAccepted, jobRequest } from '@leveret/http-contract';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { problemResponses } from '../server/contract-responses.ts';
import type { JobLookup } from './job-lookup.ts';
import { createJobWaits } from './job-waits.ts';
import { publicFailure } from './public-failure.ts';
import type { PublicJob } from './public-job.ts';

/** What the routes of jobs work with. */
export interface JobRoutesOptions {
  readonly jobs: JobClient;
  readonly lookup: JobLookup;
  /** The kinds that clients may have done, by kind; all others are refused as unknown. */
  readonly publicJobs: ReadonlyMap<string, PublicJob>;
  /** Which jobs of the ledger are changed; without it, `?wait=` answers immediately. */
  readonly changes?: ChangeFeed;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Longest time that a client may wait for the end of a job, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** One name for what stands in one place: in the API description two addresses that differ in it alone would be the same. */
const JOB_PATH = '/jobs/:job';

/** `POST /jobs/:kind` and `GET /jobs/:id`. */
export const jobRoutes: FastifyPluginAsyncZod<JobRoutesOptions> = async (app, options) => {
  const { jobs, lookup, publicJobs, changes, clock, logger } = options;
  const waits = changes === undefined ? undefined : createJobWaits({ lookup, changes, clock });
  // Requests under way must end before the server can close.
  app.addHook('preClose', async () => waits?.close());

  async function find(
    id: string,
    waitSeconds: number,
    response: ServerResponse,
  ): Promise<JobRecord | undefined> {
    if (waits === undefined || waitSeconds === 0) return await lookup.find(id);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return await waits.untilEnded(id, waitSeconds * 1_000, gone.signal);
  }

  /** @throws {LeveretError} `JOB_KIND_UNKNOWN`, listing the kinds there are. */
  function findKind(kind: string): PublicJob {
    const found = publicJobs.get(kind);
    if (found !== undefined) return found;
    const kinds = [...publicJobs.keys()].sort().join(', ');
    throw new LeveretError('JOB_KIND_UNKNOWN', `the kinds that can be asked for are: ${kinds || 'none'}`);
  }

  app.post(
    JOB_PATH,
    {
      schema: {
        summary: 'Have a job done',
        description: `Kinds: ${[...publicJobs.keys()].sort().join(', ') || 'none'}.`,
        tags: ['jobs'],
        params: z.object({ job: z.string().describe('The kind of the job.') }),
        body: jobRequest,
        response: { 202: jobAccepted, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { definition, payload: accepted } = findKind(request.params.job);
      const { payload, delayMs = 0 } = request.body;
      const allowed = await payloadToSend({ ...definition, payload: accepted }, payload);
      const { id } = await jobs.enqueue(definition, allowed, { delayMs });
      const { kind, queue, priority, retry } = definition;
      lookup.remember({
        id,
        kind,
        queue,
        priority,
        maxAttempts: retry.attempts,
        createdAt: clock.now(),
        delayMs,
        payload: null,
      });
      logger.info({ requestId: request.id, jobId: id, kind }, 'accepted a job');
      reply.code(202).header('location', `${app.prefix}/jobs/${id}`);
      return { jobId: id };
    },
  );

  app.get(
    JOB_PATH,
    {
      schema: {
        summary: 'A job and what became of it',
        tags: ['jobs'],
        description:
          'With `wait`, the answer comes when the job has ended, or after so many seconds with the job as it is then. A server lets 1,000 clients wait at the same time, and answers further ones immediately.',
        params: z.object({ job: z.string().describe('The id of the job.') }),
        querystring: z.object({
          wait: z.coerce
            .number()
            .int()
            .min(0)
            .max(MAX_WAIT_SECONDS)
            .default(0)
            .describe('Seconds to wait for the end of the job.'),
        }),
        response: { 200: job, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { job: id } = request.params;
      const record = isUuid(id) ? await find(id, request.query.wait, reply.raw) : undefined;
      if (record === undefined) throw new LeveretError('JOB_NOT_FOUND', 'no job has this id');
      reply.header('cache-control', 'no-store');
      return toJob(redactJob(record), publicJobs.get(record.kind));
    },
  );
};

/** The record as clients see it: moments as ISO dates, no payload, and of its result what its kind shows. */
function toJob(record: JobRecord, publicJob: PublicJob | undefined): Job {
  const { id, kind, queue, state, attempt, maxAttempts, createdAt, updatedAt } = record;
  return {
    ...{
      id,
      kind,
      queue,
      state,
      attempt,
      maxAttempts,
      createdAt: toIso(createdAt),
      updatedAt: toIso(updatedAt),
    },
    ...present('startedAt', record.startedAt, toIso),
    ...present('finishedAt', record.finishedAt, toIso),
    ...present('dueAt', record.dueAt, toIso),
    ...present('progress', record.progress, (progress) => progress),
    ...present('result', record.result, publicJob?.viewResult),
    ...present('failure', record.failure, publicFailure),
  };
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}

/** A field that is only there when it has a value, and a way to be shown. */
function present<Name extends string, From, To>(
  name: Name,
  value: From | undefined,
  convert: ((value: From) => To) | undefined,
) {
  return (value === undefined || convert === undefined ? {} : { [name]: convert(value) }) as {
    readonly [key in Name]?: To;
  };
}
