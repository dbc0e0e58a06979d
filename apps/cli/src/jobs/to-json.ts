import type { JobDetails, JobLogLine, JobRecord, JobSummary } from '@leveret/core';
import { withMoments } from '../ledger/moments.ts';

/** By these the ledger decides which of two events happened later. */
const INTERNAL: readonly string[] = ['newest', 'failurePosition'];

/** A job as `--json` prints it: moments as ISO 8601 in UTC. */
export function toJobJson(job: JobRecord | JobSummary): Readonly<Record<string, unknown>> {
  return withMoments(Object.fromEntries(Object.entries(job).filter(([name]) => !INTERNAL.includes(name))));
}

/** A job, its attempts, its log, and what operators did with it, as `--json` prints them. */
export function toDetailsJson(
  { job, attempts, audit }: JobDetails,
  log: readonly JobLogLine[],
): Readonly<Record<string, unknown>> {
  return {
    ...toJobJson(job),
    attempts: attempts.map(withMoments),
    log: log.map(withMoments),
    ...(audit === undefined ? {} : { audit: audit.map(withMoments) }),
  };
}
