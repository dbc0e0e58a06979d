import {
  type AttemptRecord,
  DEFAULT_PRIORITY,
  type Failure,
  type JobDetails,
  type JobReader,
  type JobRecord,
  type JobSummary,
  LeveretError,
  type RecordingLag,
} from '@leveret/core';
import type { AttemptView, FailureView, JobDetailsView, JobSummaryView } from '@leveret/http-contract/admin';
import { toAuditView } from '../wire/audit-view.ts';
import { known, moments, toIso, toLagView } from '../wire/values.ts';

/** A job as lists show it. */
export function toJobSummaryView(job: JobSummary): JobSummaryView {
  const { id, kind, queue, state, attempt, maxAttempts } = job;
  const { priority = DEFAULT_PRIORITY, generation = 0, tags = [] } = job;
  const { workerId, errorCode, fingerprint, failureMessage } = job;
  return {
    ...{ id, kind, queue, priority, state, generation, attempt, maxAttempts },
    ...{ createdAt: toIso(job.createdAt), updatedAt: toIso(job.updatedAt), tags: [...tags] },
    ...moments({ startedAt: job.startedAt, finishedAt: job.finishedAt, dueAt: job.dueAt }),
    ...toProgressView(job),
    ...known({ workerId, errorCode, fingerprint, failureMessage }),
  };
}

function toProgressView({
  progress: fraction,
  progressDetails = {},
}: JobSummary): Pick<JobSummaryView, 'progress'> {
  return fraction === undefined ? {} : { progress: { fraction, ...progressDetails } };
}

/** Why an attempt failed. */
export function toFailureView({ code, errorCode, message, name, stack, causes = [] }: Failure): FailureView {
  return {
    code,
    message,
    ...known({ errorCode, name, stack }),
    causes: causes.map((cause) => ({
      name: cause.name,
      message: cause.message,
      ...known({ code: cause.code, stack: cause.stack }),
    })),
  };
}

/**
 * All of a job but payload, result and log; undefined when there is none of this id.
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function readJobDetails(
  reader: Pick<JobReader, 'get' | 'list' | 'lag'>,
  id: string,
): Promise<JobDetailsView | undefined> {
  const [lag, details, found] = await Promise.all([
    reader.lag(),
    reader.get(id),
    // Its fingerprint is that of the failure as it was: of a masked one, it is another.
    reader.list({ filter: { idPrefix: id }, order: 'newest-first', limit: 1 }),
  ]);
  return details && toJobDetailsView(details, found.jobs[0], lag);
}

/** That there is no job of this id: `JOB_NOT_FOUND`. */
export function jobNotFound(jobId: string): LeveretError {
  return new LeveretError('JOB_NOT_FOUND', `the ledger has no job ${jobId}`, { details: { jobId } });
}

function toJobDetailsView(
  { job, attempts, undispatchedSince, audit = [] }: JobDetails,
  summary: JobSummary | undefined,
  lag: RecordingLag,
): JobDetailsView {
  const { failure, headers, parentId, redact = [], history = 'all', payload, result } = job;
  const { fingerprint } = summary ?? {};
  return {
    job: {
      ...toJobSummaryView(toSummary(job)),
      ...known({ fingerprint, headers, parentId }),
      ...(failure === undefined ? {} : { failure: toFailureView(failure) }),
      redact: [...redact],
      history,
      hasPayload: payload !== undefined,
      hasResult: result !== undefined,
    },
    attempts: attempts.map(toAttemptView),
    audit: audit.map(toAuditView),
    ...moments({ undispatchedSince }),
    lag: toLagView(lag),
  };
}

function toSummary({ failure, ...job }: JobRecord): JobSummary {
  if (failure === undefined) return job;
  return { ...job, errorCode: failure.errorCode ?? failure.code, failureMessage: failure.message };
}

function toAttemptView(record: AttemptRecord): AttemptView {
  const { generation, attempt, startedAt, endedAt, queueWaitMs, outcome, failure } = record;
  const { workerId, host, version } = record;
  const runMs =
    startedAt === undefined || endedAt === undefined ? undefined : Math.max(0, endedAt - startedAt);
  return {
    generation,
    attempt,
    ...moments({ startedAt, endedAt }),
    ...known({ queueWaitMs, runMs, outcome, workerId, host, version }),
    ...(failure === undefined ? {} : { failure: toFailureView(failure) }),
  };
}
