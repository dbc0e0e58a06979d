import type { JobRecord, JobSummary, RecordingLag } from '@leveret/core';
import { withMoments } from '../ledger/moments.ts';
import type { WholeJob } from './render-job.ts';

/** By these the ledger decides which of two events happened later. */
const INTERNAL: readonly string[] = ['newest', 'failurePosition'];

/** A job as `--json` prints it: moments as ISO 8601 in UTC. */
export function toJobJson(job: JobRecord | JobSummary): Readonly<Record<string, unknown>> {
  return withMoments(Object.fromEntries(Object.entries(job).filter(([name]) => !INTERNAL.includes(name))));
}

/** A job, its attempts, its log, and what operators did with it, as `--json` prints them: one JSON document. */
export function toDetailsJson({ job, attempts, audit, log, ...body }: WholeJob, lag: RecordingLag): string {
  const { payload: _payload, result: _result, ...rest } = job;
  const document = JSON.stringify({
    ...toJobJson(rest),
    attempts: attempts.map(withMoments),
    log: log.map(withMoments),
    ...(audit === undefined ? {} : { audit: audit.map(withMoments) }),
    lag,
  });
  // As they are kept: numbers above 2^53 have all their digits.
  const parts = (['payload', 'result'] as const).flatMap((name) =>
    body[name] === undefined ? [] : [`,"${name}":${body[name]}`],
  );
  return `${document.slice(0, -1)}${parts.join('')}}`;
}
