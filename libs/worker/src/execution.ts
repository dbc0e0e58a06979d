import {
  type ChildOptions,
  type Clock,
  childId,
  type JobDefinition,
  type JobInfo,
  type JobMessage,
  type Logger,
} from '@leveret/core';
import type { Enqueuer } from './enqueuer.ts';
import type { EventOutbox } from './event-outbox.ts';
import type { Execution } from './executor.ts';
import { eventBase } from './settle-attempt.ts';

/** What handlers are given their means by. */
export interface ExecutionMeans {
  /** Absent for a worker without a client. */
  readonly enqueuer: Enqueuer | undefined;
  readonly outbox: EventOutbox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One run of a handler. */
export interface ExecutionOptions {
  readonly message: JobMessage;
  readonly definition: JobDefinition;
  /** As the definition's schema gave it back. */
  readonly payload: unknown;
  readonly signal: () => AbortSignal;
}

/** Makes what a handler is given. */
export function createExecution(run: ExecutionOptions, means: ExecutionMeans): Execution {
  return new JobExecution(run, means);
}

class JobExecution implements Execution {
  readonly job: JobInfo;
  readonly payload: unknown;
  declare readonly signal: AbortSignal;
  declare readonly log: Logger;
  readonly #run: ExecutionOptions;
  readonly #means: ExecutionMeans;

  /**
   * Signal and log are made when asked for: most handlers use neither, and they are not free. They are the object's own, so that
   * a copy of it has them too, and share their getters: those of a literal would give each object a shape of its own, which
   * costs more than all the rest of an attempt.
   */
  static readonly #signal = {
    enumerable: true,
    get(this: JobExecution): AbortSignal {
      return this.#run.signal();
    },
  };
  static readonly #log = {
    enumerable: true,
    get(this: JobExecution): Logger {
      const { id: jobId, kind, queue, attempt } = this.job;
      return this.#means.logger.child({ jobId, kind, queue, attempt });
    },
  };

  constructor(run: ExecutionOptions, means: ExecutionMeans) {
    const { id, kind, queue, attempt, createdAt } = run.message;
    this.job = { id, kind, queue, attempt, maxAttempts: run.definition.retry.attempts, createdAt };
    this.payload = run.payload;
    this.#run = run;
    this.#means = means;
    Object.defineProperty(this, 'signal', JobExecution.#signal);
    Object.defineProperty(this, 'log', JobExecution.#log);
  }

  readonly progress = (done: number): void => {
    const { outbox, clock } = this.#means;
    const progress = Math.min(1, Math.max(0, Number(done) || 0));
    const base = eventBase(this.#run.message, this.job.maxAttempts, clock.now());
    outbox.add({ type: 'progress', progress, ...base });
  };

  readonly enqueue = (child: JobDefinition, childPayload: unknown, options: ChildOptions): Promise<string> =>
    enqueueChild(this.#means.enqueuer, this.job.id, { child, childPayload, options });
}

interface ChildJob {
  readonly child: JobDefinition;
  readonly childPayload: unknown;
  readonly options: ChildOptions;
}

async function enqueueChild(
  enqueuer: Enqueuer | undefined,
  parentId: string,
  { child, childPayload, options: { key, delayMs = 0 } }: ChildJob,
): Promise<string> {
  if (enqueuer === undefined)
    throw new TypeError('this worker was created without a client: it cannot enqueue jobs');
  const id = await childId(parentId, key);
  await enqueuer.enqueue(child, childPayload, { id, delayMs, unlessKnown: true });
  return id;
}
