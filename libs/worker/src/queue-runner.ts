import { type Broker, type Delivery, type JobMessage, messageOf, sleep } from '@leveret/core';
import { type Attempt, startAttempt } from './attempt.ts';
import { createExecution, type ExecutionMeans } from './execution.ts';
import { createJobSubscription } from './job-subscription.ts';
import { createPrefetchGovernor } from './prefetch.ts';
import { type Prepared, prepare, type Runnable } from './prepare.ts';
import { eventBase } from './settle-attempt.ts';
import type { Settler } from './settler.ts';

/** What the runner of one queue works with. */
export interface QueueRunnerOptions extends ExecutionMeans {
  readonly queue: string;
  /** Handlers at work at the same time. */
  readonly concurrency: number;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly broker: Broker;
  readonly settler: Settler;
  readonly workerId: string;
  /** Called when half of the slots are held by handlers that ignore their abort signal. */
  readonly onHalfStuck: () => void;
}

/** Runs the jobs of one queue. */
export interface QueueRunner {
  /** Begins to take jobs. Does nothing once stopped. */
  start(): Promise<void>;
  /**
   * Takes no more, hands back what has not begun, gives attempts under way `graceMs` to end, then aborts them. When it has
   * resolved no handler begins any more.
   */
  stop(graceMs: number): Promise<void>;
}

type Ready = Extract<Prepared, { kind: 'ready' }>;

/** Creates the runner of one queue. A slot is free when its handler ends: settling goes on beside it. */
export function createQueueRunner(options: QueueRunnerOptions): QueueRunner {
  const { queue, concurrency, runnables, broker, outbox, settler, clock, logger } = options;
  const timeouts = [...runnables.values()].map(({ definition }) => definition.timeoutMs);
  const governor = createPrefetchGovernor({ concurrency, longestTimeoutMs: Math.max(0, ...timeouts) });
  const subscription = createJobSubscription({ broker, queue, onDelivery, logger });
  /** Slots in use: each until its handler has ended. */
  const slots = new Set<Promise<void>>();
  const preparing = new Set<Delivery>();
  const attempts = new Set<Attempt>();
  const waiting: Delivery[] = [];
  let stuckCount = 0;
  let stopping = false;
  let changingPrefetch = false;

  function onDelivery(delivery: Delivery): void {
    if (stopping) return delivery.release();
    waiting.push(delivery);
    fillSlots();
  }

  function fillSlots(): void {
    while (slots.size < concurrency && !stopping) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      const free = () => {
        slots.delete(slot);
        fillSlots();
      };
      const slot = workOn(delivery).then(free, (error: unknown) => {
        giveBack(delivery, error);
        free();
      });
      slots.add(slot);
    }
  }

  /** Resolves when the slot is free. */
  async function workOn(delivery: Delivery): Promise<void> {
    preparing.add(delivery);
    const prepared = await prepare(delivery, runnables, clock);
    preparing.delete(delivery);
    if (stopping) return delivery.release();
    if (prepared.kind === 'ready') return await run(delivery, prepared);
    const { result, retry } = prepared;
    settleBeside(delivery, settler.settle({ delivery, result, retry }));
  }

  async function run(delivery: Delivery, { runnable, payload }: Ready): Promise<void> {
    const { message } = delivery;
    const { definition, execute } = runnable;
    const { retry, timeoutMs } = definition;
    const startedAt = clock.now();
    const begunAt = clock.monotonic();
    let isStuck = false;
    const { workerId } = options;
    outbox.add({ type: 'started', workerId, ...eventBase(message, retry.attempts, startedAt) });
    const attempt = startAttempt({
      execute,
      toExecution: (signal) => createExecution({ message, definition, payload, signal }, options),
      timeoutMs,
      clock,
      onStuck() {
        isStuck = true;
        noteStuck(message);
      },
    });
    attempts.add(attempt);
    const settled = attempt.result.then((result) => settler.settle({ delivery, result, retry, startedAt }));
    settleBeside(delivery, settled);
    await attempt.ended;
    attempts.delete(attempt);
    if (isStuck) stuckCount -= 1;
    adaptPrefetch(clock.monotonic() - begunAt);
  }

  function settleBeside(delivery: Delivery, settled: Promise<void>): void {
    settled.catch((error: unknown) => giveBack(delivery, error));
  }

  function giveBack(delivery: Delivery, error: unknown): void {
    logger.error(
      { error: messageOf(error), jobId: delivery.message.id, queue },
      'a fault of the worker: delivery handed back',
    );
    delivery.release();
  }

  function noteStuck({ id, kind }: JobMessage): void {
    stuckCount += 1;
    logger.error(
      { jobId: id, kind, queue, stuckCount },
      'a handler ignores its abort signal: its slot is written off until it ends',
    );
    if (stuckCount * 2 >= concurrency) options.onHalfStuck();
  }

  function adaptPrefetch(durationMs: number): void {
    const prefetch = governor.observe(durationMs);
    if (prefetch === undefined || stopping || changingPrefetch) return;
    changingPrefetch = true;
    subscription
      .use(prefetch)
      .then(
        () => governor.changed(prefetch),
        (error: unknown) => logger.warn({ queue, error: messageOf(error) }, 'cannot change the prefetch'),
      )
      .finally(() => {
        changingPrefetch = false;
      });
  }

  /** Whether everything under way ended by itself in time. */
  async function endWithin(graceMs: number): Promise<boolean> {
    const inTime = new AbortController();
    const ended = Promise.all(slots).then(() => settler.idle());
    await Promise.race([ended.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    return inTime.signal.aborted;
  }

  async function abortAll(): Promise<void> {
    settler.hurry();
    for (const delivery of preparing) delivery.release();
    for (const attempt of attempts) attempt.abort();
    await Promise.all([...attempts].map(({ result }) => result));
    await settler.idle();
  }

  return {
    start: () => subscription.use(governor.initial),
    async stop(graceMs) {
      stopping = true;
      const unsubscribed = subscription.stop();
      for (const delivery of waiting.splice(0)) delivery.release();
      if (!(await endWithin(graceMs))) await abortAll();
      await unsubscribed;
    },
  };
}
