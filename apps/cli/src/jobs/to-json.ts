import type { JobRecord, JobSummary } from '@leveret/core';

const MOMENTS: readonly string[] = ['createdAt', 'updatedAt', 'startedAt', 'finishedAt', 'dueAt'];
/** By these the ledger decides which of two events happened later. */
const INTERNAL: readonly string[] = ['newest', 'failurePosition'];

/** A job as `--json` prints it: moments as ISO 8601 in UTC. */
export function toJobJson(job: JobRecord | JobSummary): Readonly<Record<string, unknown>> {
  const shown = Object.entries(job).filter(([name]) => !INTERNAL.includes(name));
  return Object.fromEntries(
    shown.map(([name, value]) => [name, MOMENTS.includes(name) ? new Date(value).toISOString() : value]),
  );
}
