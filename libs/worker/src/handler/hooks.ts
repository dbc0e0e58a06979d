import {
  type Failure,
  failureOf,
  type JobInfo,
  type LogFields,
  type Logger,
  messageOf,
  reasonOf,
} from '@leveret/core';

/**
 * Functions that a worker calls when something failed. It does not await them and ignores what they return. A hook that throws or rejects is
 * logged; it changes nothing for the job, and neither does one that never ends.
 */
export interface WorkerHooks {
  /**
   * An attempt failed, whether or not another one follows. `error` is the value that the handler threw; from a child process, an error with the
   * same name, message, stack and causes.
   */
  readonly onAttemptFailed?: (error: unknown, job: JobInfo) => unknown;
  /** A job was dead-lettered, and its dead letter is durable. */
  readonly onDeadLettered?: (failure: Failure, job: JobInfo) => unknown;
  /** The worker itself failed, not a handler. The job that it was processing is charged with a failed attempt. */
  readonly onError?: (error: unknown) => unknown;
  /**
   * Handlers that ignore their abort signal hold half of a queue's slots. Called again when they hold all: the worker then stops consuming the
   * queue and leaves its jobs to other workers. Stop and restart the process.
   */
  readonly onUnhealthy?: (reason: string) => unknown;
}

/** The hooks of a worker, safe to call. */
export interface Hooks {
  attemptFailed(error: unknown, job: JobInfo): void;
  deadLettered(failure: Failure, job: JobInfo): void;
  /** A fault of the worker itself: logged, and passed to the hook. */
  fault(error: unknown, fields: LogFields): void;
  unhealthy(reason: string): void;
}

/** Makes the hooks of a worker safe to call. */
export function createHooks(
  { onAttemptFailed, onDeadLettered, onError, onUnhealthy }: WorkerHooks,
  logger: Logger,
): Hooks {
  function call<Given extends readonly unknown[]>(
    name: keyof WorkerHooks,
    hook: ((...given: Given) => unknown) | undefined,
    ...given: Given
  ): void {
    if (hook === undefined) return;
    const note = (error: unknown) => logger.error({ hook: name, error: messageOf(error) }, 'a hook failed');
    try {
      Promise.resolve(hook(...given)).catch(note);
    } catch (error) {
      note(error);
    }
  }

  return {
    attemptFailed: (error, job) => call('onAttemptFailed', onAttemptFailed, error, job),
    deadLettered: (failure, job) => call('onDeadLettered', onDeadLettered, failure, job),
    fault(error, fields) {
      const failure = failureOf(error, 'INTERNAL');
      logger.error({ ...fields, reason: reasonOf(failure), failure }, 'a fault of the worker');
      call('onError', onError, error);
    },
    unhealthy: (reason) => call('onUnhealthy', onUnhealthy, reason),
  };
}
