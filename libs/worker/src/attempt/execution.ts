import {
  type ChildOptions,
  type Clock,
  childId,
  inheritedHeaders,
  type JobDefinition,
  type JobInfo,
  type JobMessage,
  type LogFields,
  type Logger,
  maxAttemptsOf,
  producerHeaders,
} from '@leveret/core';
import type { Enqueuer } from '../handler/enqueuer.ts';
import type { Execution } from '../handler/executor.ts';
import type { EventOutbox } from '../settlement/event-outbox.ts';
import { eventBase, type WorkerIdentity } from '../settlement/settle-attempt.ts';

/** What handlers are given their means by. */
export interface ExecutionMeans {
  readonly worker: WorkerIdentity;
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
  readonly log: Logger;
  readonly #run: ExecutionOptions;
  readonly #means: ExecutionMeans;

  /**
   * Made when asked for: most handlers do not, and it is not free. It is the object's own, so that a copy of it has it too, and shares its
   * getter: that of a literal would give each object a shape of its own, which costs more than all the rest of an attempt.
   */
  static readonly #signal = {
    enumerable: true,
    get(this: JobExecution): AbortSignal {
      return this.#run.signal();
    },
  };

  constructor(run: ExecutionOptions, means: ExecutionMeans) {
    const { id, kind, queue, attempt, createdAt, headers } = run.message;
    const maxAttempts = maxAttemptsOf(run.message, run.definition.retry);
    this.job = { id, kind, queue, attempt, maxAttempts, createdAt, headers: producerHeaders(headers) };
    this.payload = run.payload;
    this.#run = run;
    this.#means = means;
    this.log = new JobLog(means.logger, this.job);
    Object.defineProperty(this, 'signal', JobExecution.#signal);
  }

  readonly progress = (done: number): void => {
    const { outbox, clock, worker } = this.#means;
    const progress = Math.min(1, Math.max(0, Number(done) || 0));
    const { maxAttempts } = this.job;
    const base = eventBase(this.#run.message, { maxAttempts, at: clock.now(), worker });
    outbox.add({ type: 'progress', progress, ...base });
  };

  readonly enqueue = (child: JobDefinition, childPayload: unknown, options: ChildOptions): Promise<string> =>
    enqueueChild(this.#means.enqueuer, this.job, { child, childPayload, options });
}

/** A logger that names the job in each line. What it writes to is made with the first line: most handlers write none. */
class JobLog implements Logger {
  readonly #parent: Logger;
  readonly #job: JobInfo;
  #own: Logger | undefined;

  constructor(parent: Logger, job: JobInfo) {
    this.#parent = parent;
    this.#job = job;
  }

  #made(): Logger {
    const { id: jobId, kind, queue, attempt } = this.#job;
    this.#own ??= this.#parent.child({ jobId, kind, queue, attempt });
    return this.#own;
  }

  debug(fields: LogFields, message: string): void {
    this.#made().debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#made().info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#made().warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#made().error(fields, message);
  }

  child(fields: LogFields): Logger {
    return this.#made().child(fields);
  }
}

interface ChildJob {
  readonly child: JobDefinition;
  readonly childPayload: unknown;
  readonly options: ChildOptions;
}

async function enqueueChild(
  enqueuer: Enqueuer | undefined,
  parent: JobInfo,
  { child, childPayload, options }: ChildJob,
): Promise<string> {
  if (enqueuer === undefined)
    throw new TypeError('this worker was created without a client: it cannot enqueue jobs');
  const { key, delayMs = 0, priority = child.priority, tags = [] } = options;
  const id = await childId(parent.id, key);
  const headers = inheritedHeaders(parent.headers, options.headers);
  await enqueuer.enqueue(child, childPayload, { id, delayMs, priority, tags, headers });
  return id;
}
