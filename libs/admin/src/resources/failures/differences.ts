import type { JobSummary, NewestAttempt } from '@leveret/core';
import type { FailureGroupDetailsView } from '@leveret/http-contract/admin';

type Difference = FailureGroupDetailsView['differs'][number];
type Field = Difference['field'];

/** Most values of a field. */
const MAX_VALUES = 20;
/** Longest value, in characters. */
const MAX_VALUE_LENGTH = 500;

/** What is compared of a job: a tag is one of several values. */
const VALUES: Readonly<
  Record<Field, (job: JobSummary, attempt: NewestAttempt | undefined) => readonly unknown[]>
> = {
  kind: ({ kind }) => [kind],
  queue: ({ queue }) => [queue],
  worker: ({ workerId }, attempt) => [attempt?.workerId ?? workerId],
  host: (_, attempt) => [attempt?.host],
  version: (_, attempt) => [attempt?.version],
  attempt: ({ attempt }) => [attempt],
  message: ({ failureMessage }) => [failureMessage],
  tag: ({ tags = [] }) => tags,
};

/**
 * The fields in which jobs differ, with how many of them have each value, the most frequent first. Pure. A field that no job has, and one of which all
 * have the same value, are left out.
 */
export function differencesOf(
  jobs: readonly JobSummary[],
  attempts: readonly NewestAttempt[],
): readonly Difference[] {
  const attemptById = new Map(attempts.map((attempt) => [attempt.jobId, attempt]));
  return (Object.keys(VALUES) as readonly Field[]).flatMap((field) => {
    const counts = new Map<string, number>();
    for (const job of jobs)
      for (const value of VALUES[field](job, attemptById.get(job.id)))
        if (value !== undefined) add(counts, String(value).slice(0, MAX_VALUE_LENGTH));
    const isSame = [...counts.values()].every((count) => count === jobs.length);
    if (isSame) return [];
    const values = [...counts].map(([value, count]) => ({ value, count }));
    values.sort((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1));
    return [{ field, values: values.slice(0, MAX_VALUES) }];
  });
}

function add(counts: Map<string, number>, value: string): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}
