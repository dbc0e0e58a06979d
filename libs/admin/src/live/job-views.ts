import type { AttemptRecord, Failure, JobDetails, JobSummary, RecordingLag } from '@leveret/core';
import { DEFAULT_PRIORITY, fingerprintOf } from '@leveret/core';
import type { AttemptView, FailureView, JobDetailsView, JobSummaryView } from '@leveret/http-contract/admin';
import { present, toMoment } from '../views/present.ts';

/** A job of a list as the API shows it. */
export function toJobSummaryView(job: JobSummary): JobSummaryView {
  const { id, kind, queue, priority = DEFAULT_PRIORITY, state, generation = 0, attempt, maxAttempts } = job;
  const { progress: fraction, progressDetails, workerId, errorCode, fingerprint, failureMessage } = job;
  return {
    ...{ id, kind, queue, priority, state, generation, attempt, maxAttempts },
    createdAt: toMoment(job.createdAt),
    updatedAt: toMoment(job.updatedAt),
    ...present({
      startedAt: toMoment(job.startedAt),
      finishedAt: toMoment(job.finishedAt),
      dueAt: toMoment(job.dueAt),
      progress: fraction === undefined ? undefined : { fraction, ...progressDetails },
      ...{ workerId, errorCode, fingerprint, failureMessage },
    }),
    tags: [...(job.tags ?? [])],
  };
}

/** All of a job but its payload, its result and its log, as the API shows it. */
export function toJobDetailsView(
  { job, attempts, undispatchedSince }: JobDetails,
  lag: RecordingLag,
): JobDetailsView {
  const { failure, headers, redact = [] } = job;
  return {
    job: {
      ...toJobSummaryView(job),
      ...present({
        errorCode: failure?.errorCode ?? failure?.code,
        fingerprint: failure && fingerprintOf(failure),
        failureMessage: failure?.message,
        failure: failure && toFailureView(failure),
        headers,
      }),
      redact: [...redact],
      hasPayload: job.payload !== undefined,
      hasResult: job.result !== undefined,
    },
    attempts: attempts.map(toAttemptView),
    ...present({ undispatchedSince: toMoment(undispatchedSince) }),
    lag,
  };
}

function toAttemptView({
  startedAt,
  endedAt,
  failure,
  instanceId: _instanceId,
  ...attempt
}: AttemptRecord): AttemptView {
  const isTimed = startedAt !== undefined && endedAt !== undefined;
  return {
    ...attempt,
    ...present({
      startedAt: toMoment(startedAt),
      endedAt: toMoment(endedAt),
      // Both moments are of the worker's clock, which may have been set back meanwhile.
      runMs: isTimed ? Math.max(0, endedAt - startedAt) : undefined,
      failure: failure && toFailureView(failure),
    }),
  };
}

function toFailureView({ causes = [], ...failure }: Failure): FailureView {
  return { ...failure, causes: causes.map((cause) => ({ ...cause })) };
}
