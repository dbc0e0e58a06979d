import {
  type Broker,
  type ChildOptions,
  type Clock,
  childId,
  type Delivery,
  type JobDefinition,
  type JobMessage,
  type Logger,
  messageOf,
  type Subscription,
  sleep,
} from '@leveret/core';
import { type Attempt, startAttempt } from './attempt.ts';
import type { Enqueuer } from './enqueuer.ts';
import type { EventOutbox } from './event-outbox.ts';
import type { Execution } from './executor.ts';
import { createPrefetchGovernor } from './prefetch.ts';
import { prepare, type Runnable } from './prepare.ts';
import { eventBase } from './settle-attempt.ts';
import type { Settler } from './settler.ts';

/** What the runner of one queue works with. */
export interface QueueRunnerOptions {
  readonly queue: string;
  /** Handlers at work at the same time. */
  readonly concurrency: number;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly broker: Broker;
  readonly enqueuer: Enqueuer | undefined;
  readonly outbox: EventOutbox;
  readonly settler: Settler;
  readonly workerId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when half of the slots are held by handlers that ignore their abort signal. */
  readonly onHalfStuck: () => void;
}

/** Runs the jobs of one queue. */
export interface QueueRunner {
  start(): Promise<void>;
  /** Takes no more, hands back what has not begun, gives attempts under way `graceMs` to end, then aborts them. */
  stop(graceMs: number): Promise<void>;
}

/** Creates the runner of one queue. A slot is free when its handler ends: settling goes on beside it. */
export function createQueueRunner(options: QueueRunnerOptions): QueueRunner {
  const { queue, concurrency, runnables, broker, outbox, settler, clock, logger } = options;
  const longestTimeoutMs = Math.max(
    0,
    ...[...runnables.values()].map(({ definition }) => definition.timeoutMs),
  );
  const governor = createPrefetchGovernor({ concurrency, longestTimeoutMs });
  const attempts = new Set<Attempt>();
  const waiting: Delivery[] = [];
  let busySlots = 0;
  let stuckSlots = 0;
  let stopping = false;
  let subscription: Promise<Subscription> | undefined;
  let changingPrefetch: Promise<void> | undefined;

  function onDelivery(delivery: Delivery): void {
    if (stopping) return delivery.release();
    waiting.push(delivery);
    fillSlots();
  }

  function fillSlots(): void {
    while (busySlots < concurrency && !stopping) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      busySlots += 1;
      const freeSlot = () => {
        busySlots -= 1;
        fillSlots();
      };
      workOn(delivery).then(freeSlot, (error: unknown) => {
        logger.error(
          { error: messageOf(error), jobId: delivery.message.id, queue },
          'a fault of the worker: delivery handed back',
        );
        delivery.release();
        freeSlot();
      });
    }
  }

  /** Resolves when the slot is free. */
  async function workOn(delivery: Delivery): Promise<void> {
    const prepared = await prepare(delivery, runnables);
    if (prepared.kind === 'refused') {
      settleBeside(delivery, settler.settle(delivery, prepared.result, prepared.retry));
      return;
    }
    const { runnable, payload } = prepared;
    const startedAt = clock.monotonic();
    const attempt = begin(delivery.message, runnable, payload);
    attempts.add(attempt);
    settleBeside(
      delivery,
      attempt.result.then((result) => settler.settle(delivery, result, runnable.definition.retry)),
    );
    await attempt.ended;
    attempts.delete(attempt);
    adaptPrefetch(clock.monotonic() - startedAt);
  }

  function settleBeside(delivery: Delivery, settling: Promise<void>): void {
    settling.catch((error: unknown) => {
      logger.error(
        { error: messageOf(error), jobId: delivery.message.id, queue },
        'a fault of the worker: delivery handed back',
      );
      delivery.release();
    });
  }

  function begin(message: JobMessage, { definition, execute }: Runnable, payload: unknown): Attempt {
    const { id, kind, attempt, createdAt } = message;
    const { retry, timeoutMs } = definition;
    const base = () => eventBase(message, retry.attempts, clock.now());
    const toExecution = (signal: AbortSignal): Execution => ({
      job: { id, kind, queue, attempt, maxAttempts: retry.attempts, createdAt },
      payload,
      signal,
      // Made when first asked for: most handlers log nothing, and a child logger is not free.
      get log() {
        return logger.child({ jobId: id, kind, queue, attempt });
      },
      progress: (done) =>
        outbox.add({ ...base(), type: 'progress', progress: Math.min(1, Math.max(0, Number(done) || 0)) }),
      enqueue: (child, childPayload, childOptions) =>
        enqueueChild(message, child, childPayload, childOptions),
    });
    outbox.add({ ...base(), type: 'started', workerId: options.workerId });
    return startAttempt({ execute, toExecution, timeoutMs, clock, onStuck: () => noteStuck(message) });
  }

  async function enqueueChild(
    parent: JobMessage,
    definition: JobDefinition,
    payload: unknown,
    { key, delayMs = 0 }: ChildOptions,
  ): Promise<string> {
    if (options.enqueuer === undefined)
      throw new TypeError('this worker was created without a client: it cannot enqueue jobs');
    const id = await childId(parent.id, key);
    await options.enqueuer.enqueue(definition, payload, { id, delayMs });
    return id;
  }

  function noteStuck({ id, kind }: JobMessage): void {
    stuckSlots += 1;
    logger.error(
      { jobId: id, kind, queue, stuckSlots },
      'a handler ignores its abort signal: its slot is written off',
    );
    if (stuckSlots * 2 >= concurrency) options.onHalfStuck();
  }

  /** A new prefetch is a new subscription; the old one's deliveries are settled where they came from. */
  function adaptPrefetch(durationMs: number): void {
    const prefetch = governor.observe(durationMs);
    if (prefetch === undefined || stopping || changingPrefetch !== undefined) return;
    const changed = () => {
      changingPrefetch = undefined;
    };
    changingPrefetch = resubscribe(prefetch).then(changed, (error: unknown) => {
      changed();
      logger.warn({ queue, error: messageOf(error) }, 'cannot change the prefetch');
    });
  }

  async function resubscribe(prefetch: number): Promise<void> {
    const previous = await subscription;
    subscription = broker.consume(queue, { prefetch, onDelivery });
    await subscription;
    await previous?.stop();
  }

  /** Whether every attempt ended by itself in time. */
  async function endWithin(graceMs: number): Promise<boolean> {
    const inTime = new AbortController();
    const ended = Promise.all([...attempts].map((attempt) => attempt.ended)).then(() => settler.idle());
    await Promise.race([ended.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    return inTime.signal.aborted;
  }

  return {
    async start() {
      subscription = broker.consume(queue, { prefetch: governor.initial, onDelivery });
      await subscription;
    },
    async stop(graceMs) {
      stopping = true;
      await changingPrefetch;
      await (await subscription)?.stop();
      for (const delivery of waiting.splice(0)) delivery.release();
      if (await endWithin(graceMs)) return;
      settler.hurry();
      for (const attempt of attempts) attempt.abort();
      await Promise.all([...attempts].map(({ result }) => result));
      await settler.idle();
    },
  };
}
