import {
  type ChildOptions,
  type Clock,
  childId,
  type JobDefinition,
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
  readonly signal: AbortSignal;
}

/** Makes what a handler is given. */
export function createExecution(
  { message, definition, payload, signal }: ExecutionOptions,
  { enqueuer, outbox, clock, logger }: ExecutionMeans,
): Execution {
  const { id, kind, queue, attempt, createdAt } = message;
  const maxAttempts = definition.retry.attempts;
  return {
    job: { id, kind, queue, attempt, maxAttempts, createdAt },
    payload,
    signal,
    // Made when first asked for: most handlers log nothing, and a child logger is not free.
    get log() {
      return logger.child({ jobId: id, kind, queue, attempt });
    },
    progress(done) {
      const progress = Math.min(1, Math.max(0, Number(done) || 0));
      outbox.add({ ...eventBase(message, maxAttempts, clock.now()), type: 'progress', progress });
    },
    enqueue: (child, childPayload, options) =>
      enqueueChild(enqueuer, message.id, { child, childPayload, options }),
  };
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
