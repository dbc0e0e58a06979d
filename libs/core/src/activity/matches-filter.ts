import type { JobFilter, JobSummary, TimeRange } from '../ledger/job-reader.ts';
import { isOfKind } from '../ledger/kind-filter.ts';

/** What a filter asks of a job. */
export type FilteredJob = Pick<
  JobSummary,
  | 'id'
  | 'kind'
  | 'queue'
  | 'state'
  | 'createdAt'
  | 'updatedAt'
  | 'parentId'
  | 'tags'
  | 'workerId'
  | 'errorCode'
  | 'fingerprint'
>;

/** Whether `filter` selects a job: what `JobReader.list` selects. Pure. */
export function matchesFilter(job: FilteredJob, filter: JobFilter): boolean {
  const { states, errorCode, fingerprint, worker, created, updated } = filter;
  return (
    mayMatchFilter(job, filter) &&
    (states === undefined || states.includes(job.state)) &&
    isWanted(errorCode, job.errorCode) &&
    isWanted(fingerprint, job.fingerprint) &&
    isWanted(worker, job.workerId) &&
    isWithin(created, job.createdAt) &&
    isWithin(updated, job.updatedAt)
  );
}

/**
 * Whether `filter` may select a job at some time: false when conditions on what a job keeps for its whole life do not hold. A job for which it is false
 * was never selected. Pure.
 */
export function mayMatchFilter(
  { id, kind: kindOfJob, queue: queueOfJob, parentId: parentOfJob, tags: tagsOfJob = [] }: FilteredJob,
  { queue, kind, parentId, tags = [], idPrefix = '' }: JobFilter,
): boolean {
  return (
    isWanted(queue, queueOfJob) &&
    isOfKind(kind, kindOfJob) &&
    isWanted(parentId, parentOfJob) &&
    tags.every((tag) => tagsOfJob.includes(tag)) &&
    id.startsWith(idPrefix)
  );
}

function isWanted(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}

function isWithin({ from, to }: TimeRange = {}, at: number): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}
