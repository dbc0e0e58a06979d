import {
  type Broker,
  createLinkedList,
  createUnderWay,
  type Delivery,
  type JobMessage,
  maxAttemptsOf,
  messageOf,
  type Place,
  runKey,
  sleep,
} from '@leveret/core';
import { type Attempt, startAttempt } from './attempt.ts';
import { createExecution, type ExecutionMeans } from './execution.ts';
import { createJobSubscription } from './job-subscription.ts';
import type { InOwnContext } from './own-context.ts';
import { createPrefetchGovernor } from './prefetch.ts';
import { type Prepared, prepare, type Runnable } from './prepare.ts';
import { startedEvent } from './settle-attempt.ts';
import type { Ending, Settler } from './settler.ts';
import { isSuspect, type Suspects, type Trial, type Verdict } from './suspects.ts';

/** What the runner of one queue works with. */
export interface QueueRunnerOptions extends ExecutionMeans {
  readonly queue: string;
  /** Handlers at work at the same time. */
  readonly concurrency: number;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly broker: Broker;
  readonly settler: Settler;
  readonly suspects: Suspects;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  /** The async context that jobs run in. */
  readonly inOwnContext: InOwnContext;
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

/** A run, from its arrival until its delivery is settled. */
interface Run {
  readonly delivery: Delivery;
  /** Of `runKey`. */
  readonly key: string;
  /** The same message, delivered again because the channel of the first delivery was lost, or sent twice. */
  repeats: readonly Delivery[];
  /** Among those that have a slot, or had one and are being settled. */
  place: Place<Run> | undefined;
}

/** How long a worker that stops waits for settlements that the broker does not answer, in milliseconds. */
const LEAVE_MS = 2_000;

const NO_REPEATS: readonly Delivery[] = [];
/** The slot is free at once. */
const FREE = Promise.resolve();

/** Creates the runner of one queue. A slot is free when its handler ends: settling goes on beside it. */
export function createQueueRunner(options: QueueRunnerOptions): QueueRunner {
  const {
    queue,
    concurrency,
    runnables,
    broker,
    outbox,
    settler,
    suspects,
    worker,
    tellOutcomes,
    inOwnContext,
    clock,
    logger,
  } = options;
  const timeouts = [...runnables.values()].map(({ definition }) => definition.timeoutMs);
  const governor = createPrefetchGovernor({
    concurrency,
    longestTimeoutMs: Math.max(0, ...timeouts),
    tellOutcomes,
  });
  const subscription = createJobSubscription({ broker, queue, onDelivery, logger });
  /** Slots in use: each until its handler has ended. */
  const slots = createUnderWay();
  /** Deliveries that take a while before they can begin. */
  const preparing = new Set<Delivery>();
  const runs = createLinkedList<Run>();
  const attempts = createLinkedList<Attempt>();
  const waiting: Run[] = [];
  let stuckCount = 0;
  let stopping = false;
  let changingPrefetch = false;

  function onDelivery(delivery: Delivery): void {
    if (delivery.origin !== 'first' && isInHand(delivery)) return;
    if (stopping) return delivery.release();
    waiting.push({ delivery, key: runKey(delivery.message), repeats: NO_REPEATS, place: undefined });
    fillSlots();
  }

  /** Whether it is here already. Then it ends as that ends: it is no more suspect than it was, and does not run twice. */
  function isInHand(again: Delivery): boolean {
    const key = runKey(again.message);
    const isIt = (run: Run) => run.key === key;
    const run = runs.findLast(isIt) ?? waiting.find(isIt);
    if (run === undefined) return false;
    run.repeats = [...run.repeats, again];
    return true;
  }

  /** The next one that may begin: a suspect may have to wait for others, and nobody waits for it. */
  function takeNext(): Run | undefined {
    const [first] = waiting;
    if (first === undefined || !isSuspect(first.delivery)) return waiting.shift();
    const index = waiting.findIndex(
      ({ delivery }) =>
        !isSuspect(delivery) || suspects.mayEnter(delivery, runnables.get(delivery.message.kind)),
    );
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  }

  function fillSlots(): void {
    while (slots.count() < concurrency && !stopping) {
      const run = takeNext();
      if (run === undefined) return;
      slots.begin();
      inOwnContext(workOn, run).then(freeSlot, (error: unknown) => {
        giveUp(run, error);
        freeSlot();
      });
    }
  }

  function freeSlot(): void {
    slots.end();
    fillSlots();
  }

  /** Resolves when the slot is free. Nearly every job begins at once: a promise less for each is felt. */
  function workOn(run: Run): Promise<void> {
    const { delivery } = run;
    run.place = runs.add(run);
    const prepared = prepare(delivery, runnables, clock);
    if (prepared instanceof Promise || isSuspect(delivery)) return beginLater(run, prepared);
    return begin(run, prepared, undefined);
  }

  async function beginLater(run: Run, preparation: Prepared | Promise<Prepared>): Promise<void> {
    const { delivery } = run;
    preparing.add(delivery);
    const prepared = await preparation;
    const verdict =
      prepared.kind === 'ready' && !stopping && isSuspect(delivery)
        ? await suspects.judge(delivery, prepared.runnable)
        : undefined;
    preparing.delete(delivery);
    if (stopping) return await handBack(run, verdict);
    await begin(run, prepared, verdict);
  }

  function begin(run: Run, prepared: Prepared, verdict: Verdict | undefined): Promise<void> {
    const { delivery } = run;
    if (prepared.kind === 'refused') {
      const { result, retry } = prepared;
      settleBeside(run, settler.settle({ delivery, result, retry }));
      return FREE;
    }
    switch (verdict?.kind) {
      case undefined:
      case 'run':
        return attempt(run, prepared, verdict);
      case 'done':
        settleBeside(run, endDelivery(delivery));
        return FREE;
      case 'condemned': {
        const { retry } = prepared.runnable.definition;
        const result = { kind: 'given-up', failure: verdict.failure } as const;
        settleBeside(run, settler.settle({ delivery, result, retry }));
        return FREE;
      }
    }
  }

  async function attempt(run: Run, { runnable, payload }: Ready, trial: Trial | undefined): Promise<void> {
    const { delivery } = run;
    const { message } = delivery;
    const { definition } = runnable;
    const { retry, timeoutMs } = definition;
    const startedAt = clock.now();
    const begunAt = clock.monotonic();
    const crashes = trial?.crashes ?? message.crashes;
    let isStuck = false;
    if (tellOutcomes)
      outbox.add(
        startedEvent(message, { maxAttempts: maxAttemptsOf(message, retry), at: startedAt, worker }),
      );
    const attempt = startAttempt({
      execute: trial?.execute ?? runnable.execute,
      toExecution: (signal) => createExecution({ message, definition, payload, signal }, options),
      timeoutMs,
      clock,
      onResult(result) {
        const finished = { delivery, result, retry, startedAt, crashes };
        settleBeside(
          run,
          settler.settle(trial === undefined ? finished : { ...finished, noteEnd: trial.noteEnd }),
        );
      },
      onStuck() {
        isStuck = true;
        noteStuck(message);
      },
    });
    const place = attempts.add(attempt);
    await attempt.ended;
    attempts.remove(place);
    if (isStuck) stuckCount -= 1;
    adaptPrefetch(clock.monotonic() - begunAt);
  }

  function settleBeside(run: Run, settled: Promise<Ending>): void {
    settled.then(
      (ending) => end(run, ending),
      (error: unknown) => giveUp(run, error),
    );
  }

  /** The worker stops before it began. */
  async function handBack(run: Run, verdict: Verdict | undefined): Promise<void> {
    // Its start is written, and was not made.
    if (verdict?.kind === 'run') await verdict.noteEnd();
    run.delivery.release();
    end(run, 'released');
  }

  /** Whatever came of the first delivery of a run came of the others. */
  function end(run: Run, ending: Ending): void {
    if (run.place !== undefined) runs.remove(run.place);
    suspects.leave(run.delivery);
    for (const again of run.repeats) {
      if (ending === 'released') again.release();
      else endDelivery(again).catch((error: unknown) => giveBack(again, error));
    }
  }

  function giveUp(run: Run, error: unknown): void {
    preparing.delete(run.delivery);
    giveBack(run.delivery, error);
    end(run, 'released');
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

  /** Whether `work` ended by itself in time. */
  async function endsWithin(waitMs: number, work: Promise<void>): Promise<boolean> {
    const inTime = new AbortController();
    await Promise.race([work.then(() => inTime.abort()), sleep(clock, waitMs, inTime.signal)]);
    return inTime.signal.aborted;
  }

  async function abortAll(): Promise<void> {
    settler.hurry();
    for (const delivery of preparing) delivery.release();
    await Promise.all([...attempts].map((attempt) => attempt.abort()));
    await endsWithin(LEAVE_MS, settler.idle());
  }

  suspects.onLeft(fillSlots);
  return {
    start: () => subscription.use(governor.initial),
    async stop(graceMs) {
      stopping = true;
      const unsubscribed = subscription.stop();
      for (const run of waiting.splice(0)) {
        run.delivery.release();
        end(run, 'released');
      }
      const ended = slots.idle().then(() => settler.idle());
      if (!(await endsWithin(graceMs, ended))) await abortAll();
      await unsubscribed;
    },
  };
}

/** The end of a delivery whose outcome is known already: there is nothing to tell. */
async function endDelivery(delivery: Delivery): Promise<Ending> {
  await delivery.settle({ events: [] });
  return 'settled';
}
