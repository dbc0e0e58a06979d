import type { JobDetails, JobLogLine, JobRecord, JobSummary } from '@leveret/core';

const MOMENTS: readonly string[] = [
  'createdAt',
  'updatedAt',
  'startedAt',
  'finishedAt',
  'dueAt',
  'endedAt',
  'at',
];
/** By these the ledger decides which of two events happened later. */
const INTERNAL: readonly string[] = ['newest', 'failurePosition'];

/** A job as `--json` prints it: moments as ISO 8601 in UTC. */
export function toJobJson(job: JobRecord | JobSummary): Readonly<Record<string, unknown>> {
  return withMoments(job);
}

/** A job, its attempts and its log as `--json` prints them. */
export function toDetailsJson(
  { job, attempts }: JobDetails,
  log: readonly JobLogLine[],
): Readonly<Record<string, unknown>> {
  return { ...toJobJson(job), attempts: attempts.map(withMoments), log: log.map(withMoments) };
}

function withMoments(record: object): Readonly<Record<string, unknown>> {
  const shown = Object.entries(record).filter(([name]) => !INTERNAL.includes(name));
  return Object.fromEntries(
    shown.map(([name, value]) => [name, MOMENTS.includes(name) ? new Date(value).toISOString() : value]),
  );
}
