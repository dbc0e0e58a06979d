import {
  type AttemptResult,
  type Failure,
  type JobInfo,
  type JobMessage,
  type LogFields,
  type Logger,
  maxAttemptsOf,
  type RetryPolicy,
  reasonOf,
  type Settlement,
  toError,
} from '@leveret/core';
import type { Hooks } from '../handler/hooks.ts';

/** An attempt that ended, and its settlement. */
export interface EndedAttempt {
  readonly message: JobMessage;
  readonly retry: RetryPolicy;
  readonly result: AttemptResult;
  readonly settlement: Settlement;
  /** When that was decided, in milliseconds since 1970. */
  readonly at: number;
}

/** Reports to the log and the hooks of a worker how attempts ended. */
export interface AttemptReports {
  /** How an attempt ended. */
  ended(attempt: EndedAttempt): void;
  /** Its settlement is durable. */
  settled(attempt: EndedAttempt): void;
}

/** Creates the reports of a worker. */
export function createAttemptReports(logger: Logger, hooks: Hooks): AttemptReports {
  function attemptFailed(attempt: EndedAttempt, failure: Failure, thrown: unknown): void {
    logger.warn({ ...fieldsOf(attempt), ...fieldsOfFailure(failure), failure }, 'attempt failed');
    hooks.attemptFailed(thrown ?? toError(failure), infoOf(attempt));
  }

  return {
    ended(attempt) {
      const { result, settlement } = attempt;
      switch (result.kind) {
        case 'succeeded':
        // Told when its dead letter is durable: the handler decided it, and has not failed.
        case 'given-up':
          return;
        case 'failed':
          return attemptFailed(attempt, result.failure, result.thrown);
        case 'crashed':
        case 'retry-later':
          return attemptFailed(attempt, result.failure, undefined);
        case 'not-understood':
          if (settlement.kind === 'defer')
            logger.warn({ ...fieldsOf(attempt), ...fieldsOfFailure(result.failure) }, 'job deferred');
          return;
        case 'snoozed':
          return logger.info(fieldsOf(attempt), 'job snoozed');
        case 'handed-back':
          return logger.info(fieldsOf(attempt), 'job released');
        case 'cancelled':
          return logger.info(fieldsOf(attempt), 'attempt cancelled');
      }
    },
    settled(attempt) {
      const { result, settlement } = attempt;
      if (settlement.kind !== 'dead-letter') return;
      const { because, failure } = settlement;
      const fields = { ...fieldsOf(attempt), because, ...fieldsOfFailure(failure) };
      const isNew = result.kind === 'given-up' || result.kind === 'not-understood';
      logger.error(isNew ? { ...fields, failure } : fields, 'job dead-lettered');
      hooks.deadLettered(failure, infoOf(attempt));
    },
  };
}

function fieldsOf(attempt: EndedAttempt): LogFields {
  const { settlement, at } = attempt;
  const { id: jobId, headers: _headers, createdAt: _created, ...job } = infoOf(attempt);
  const nextAttemptAt = 'delayMs' in settlement ? new Date(at + settlement.delayMs).toISOString() : undefined;
  return nextAttemptAt === undefined ? { jobId, ...job } : { jobId, ...job, nextAttemptAt };
}

function fieldsOfFailure(failure: Failure): LogFields {
  const { code, errorCode } = failure;
  return { code, ...(errorCode === undefined ? {} : { errorCode }), reason: reasonOf(failure) };
}

function infoOf({ message, retry }: EndedAttempt): JobInfo {
  const { id, kind, queue, attempt, createdAt, headers } = message;
  return { id, kind, queue, attempt, maxAttempts: maxAttemptsOf(message, retry), createdAt, headers };
}
