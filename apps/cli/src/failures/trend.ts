import type { FailureGroup, FailureTrends, JobReader } from '@leveret/core';

const HOUR_MS = 3_600_000;

/** How groups of failures developed in the last 24 hours, as the ledger counts it. */
export function readTrends(
  { activity }: Pick<JobReader, 'activity'>,
  groups: readonly FailureGroup[],
  now: number,
): Promise<FailureTrends> {
  return activity.failureTrends(
    groups.map(({ fingerprint }) => fingerprint),
    now,
  );
}

/** How often a group failed in the last hour, such as `120 (up)`: more often than in the hour before. */
export function toLastHour(fingerprint: string, trends: FailureTrends): string {
  const failures = failuresOf(fingerprint, trends);
  const slicesPerHour = HOUR_MS / trends.sliceMs;
  const last = sum(failures.slice(-slicesPerHour));
  const before = sum(failures.slice(-2 * slicesPerHour, -slicesPerHour));
  const direction = last > before ? ' (up)' : last < before ? ' (down)' : '';
  return `${last.toLocaleString('en')}${direction}`;
}

/** How a group developed, as `--json` prints it. */
export function toTrendJson(fingerprint: string, trends: FailureTrends): Readonly<Record<string, unknown>> {
  const { since, sliceMs } = trends;
  return {
    newJobs: trends.trends.find((one) => one.fingerprint === fingerprint)?.newJobs ?? 0,
    trend: { since: new Date(since).toISOString(), sliceMs, failures: failuresOf(fingerprint, trends) },
  };
}

function failuresOf(fingerprint: string, { trends }: FailureTrends): readonly number[] {
  return trends.find((one) => one.fingerprint === fingerprint)?.failures ?? [];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
