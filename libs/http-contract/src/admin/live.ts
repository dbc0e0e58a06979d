import * as z from 'zod';
import { jobDetails, jobSummary } from './jobs.ts';
import { overview } from './overview.ts';

/**
 * Messages of the live streams (server-sent events). The `id` of each is a change number of the ledger: a client that sends it as `Last-Event-ID`
 * goes on from there. At most 4 messages a second.
 */
export const LIVE_EVENTS = {
  /** `GET /live/overview`: all of it, when something changed. */
  overview: overview,
  /** `GET /live/jobs/:id`: the job, when it changed. */
  job: jobDetails,
  /** `GET /live/jobs?filter=`: jobs that changed and are selected, and ids of changed jobs that are not selected (any more). */
  jobs: z.strictObject({
    changed: z.array(jobSummary),
    gone: z.array(z.string()),
    counts: z.boolean().describe('Whether counts may have changed.'),
  }),
  /** Changes are missing: read everything again. */
  gap: z.strictObject({}),
} as const;

/** The data of a message on the stream of a list. */
export type LiveJobsView = z.infer<(typeof LIVE_EVENTS)['jobs']>;
