import {
  type ChildOptions,
  childId,
  fractionOf,
  inheritedHeaders,
  type JobDefinition,
  type JobInfo,
  type Logger,
  type ProgressReport,
  producerHeaders,
  toProgressReport,
  toProgressText,
} from '@leveret/core';
import type { Enqueuer } from '../handler/enqueuer.ts';
import type { Execution } from '../handler/executor.ts';
import { eventBase } from '../settlement/settle-attempt.ts';
import type { JobLogMeans, LoggedRun } from './job-log.ts';

/** What handlers are given their means by. */
export interface ExecutionMeans extends JobLogMeans {
  /** Absent for a worker without a client. */
  readonly enqueuer: Enqueuer | undefined;
}

/** One run of a handler. */
export interface ExecutionOptions extends LoggedRun {
  /** As the definition's schema gave it back. */
  readonly payload: unknown;
  readonly signal: () => AbortSignal;
  readonly log: Logger;
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
    const { message, maxAttempts } = run;
    const { id, kind, queue, attempt, createdAt, headers } = message;
    this.job = { id, kind, queue, attempt, maxAttempts, createdAt, headers: producerHeaders(headers) };
    this.payload = run.payload;
    this.log = run.log;
    this.#run = run;
    this.#means = means;
    Object.defineProperty(this, 'signal', JobExecution.#signal);
  }

  readonly progress = (given: number | ProgressReport): void => {
    const { outbox, clock, worker } = this.#means;
    const { message, maxAttempts, mask } = this.#run;
    const report = toProgressReport(given);
    const { done, total } = report;
    const text = mask === undefined ? report.text : toProgressText(mask(report.text ?? ''));
    const base = eventBase(message, { maxAttempts, at: clock.now(), worker });
    outbox.add({
      type: 'progress',
      progress: fractionOf(report),
      ...(total === undefined ? {} : { done, total }),
      ...(text === undefined ? {} : { text }),
      ...base,
    });
  };

  readonly enqueue = (child: JobDefinition, childPayload: unknown, options: ChildOptions): Promise<string> =>
    enqueueChild(this.#means.enqueuer, this.job, { child, childPayload, options });
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
  await enqueuer.enqueue(child, childPayload, { id, delayMs, priority, tags, headers, parentId: parent.id });
  return id;
}
