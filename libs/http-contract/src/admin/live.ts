import * as z from 'zod';
import { jobDetails, jobSummary } from './jobs.ts';
import { overview } from './overview.ts';

/**
 * Messages of the live streams (server-sent events), at most 4 a second. The `id` of each is a change number of the ledger: a client that sends it as
 * `Last-Event-ID` goes on from there.
 */
export const LIVE_EVENTS = {
  /** `GET /live/overview`: all of it, at first and when something has changed. */
  overview: overview,
  /** `GET /live/jobs/:id`: the job, at first and when it has changed. */
  job: jobDetails,
  /** `GET /live/jobs?filter=`: jobs that have changed and are selected, and ids of jobs that have changed and are not selected (any more), or were deleted. */
  jobs: z.strictObject({
    changed: z.array(jobSummary),
    gone: z.array(z.string()),
    counts: z.boolean().describe('Whether counts may have changed.'),
  }),
  /** Changes are missing: read everything again. The first message of a list, unless it goes on from a number that is known. */
  gap: z.strictObject({}),
} as const;

/** The data of a message on the stream of a list. */
export type LiveJobsView = z.infer<(typeof LIVE_EVENTS)['jobs']>;
