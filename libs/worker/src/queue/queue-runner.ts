import { type AttemptName, type Broker, createUnderWay, type Delivery, runKey, sleep } from '@leveret/core';
import { createAttempts } from '../attempt/attempts.ts';
import type { ExecutionMeans } from '../attempt/execution.ts';
import { createStuckSlots } from '../attempt/stuck-slots.ts';
import type { WorkerControl } from '../control/worker-control.ts';
import type { Hooks } from '../handler/hooks.ts';
import type { Runnable } from '../handler/prepare.ts';
import type { LoadedQueue } from '../load/worker-load.ts';
import type { InOwnContext } from '../own-context.ts';
import { createFaultSettler } from '../settlement/fault-settler.ts';
import type { Settler } from '../settlement/settler.ts';
import type { Repetitions } from '../starts/repetitions.ts';
import type { Starts } from '../starts/starts.ts';
import type { CandidateTurns } from './candidate-turns.ts';
import { createConsumption } from './consumption.ts';
import { createPrefetchGovernor } from './prefetch.ts';
import type { Run } from './run.ts';
import { createRunEndings } from './run-endings.ts';
import { createRunStarter, isLost } from './run-starter.ts';
import { createRunsInHand } from './runs-in-hand.ts';
import { createWaitingRuns } from './waiting-runs.ts';

/** What the runner of one queue works with. */
export interface QueueRunnerOptions extends ExecutionMeans {
  readonly queue: string;
  /** Handlers that run at the same time. */
  readonly concurrency: number;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly broker: Broker;
  readonly settler: Settler;
  /** Of the worker. */
  readonly starts: Starts;
  /** Of the worker. */
  readonly turns: CandidateTurns;
  readonly hooks: Hooks;
  /** Of the worker; absent where there is no control. */
  readonly control: WorkerControl | undefined;
  /** Of the worker; absent where no ledger can be asked. */
  readonly repetitions: Repetitions | undefined;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  /** The async context that jobs run in. */
  readonly inOwnContext: InOwnContext;
  /** Called when half of the slots are held by handlers that ignore their abort signal, and again when all are. */
  readonly onUnhealthy: (reason: string) => void;
}

/** Runs the jobs of one queue. */
export interface QueueRunner extends LoadedQueue {
  readonly queue: string;
  /** Starts consuming. Does nothing once stopped. */
  start(): Promise<void>;
  /** Whether no job runs here. */
  isIdle(): boolean;
  /** Whether an attempt is started here and not settled, or was settled a moment ago. */
  hasInHand(attempt: AttemptName): boolean;
  /** Another worker is about to start the attempt: one that is started here is recorded, and one that waits here is looked up first. */
  heed(attempt: AttemptName): void;
  /**
   * Takes no more, releases what has not begun, gives attempts under way `graceMs` to end, then aborts them. When it has
   * resolved no handler begins any more.
   */
  stop(graceMs: number): Promise<void>;
}

/** How long a worker that stops waits for settlements that the broker does not answer, in milliseconds. */
const LEAVE_MS = 2_000;

const NO_REPEATS: readonly Delivery[] = [];

/** Creates the runner of one queue. A slot is free when its handler ends: settling goes on beside it. */
export function createQueueRunner(options: QueueRunnerOptions): QueueRunner {
  const {
    queue,
    concurrency,
    runnables,
    broker,
    settler,
    starts,
    turns,
    hooks,
    control,
    repetitions,
    tellOutcomes,
    inOwnContext,
    clock,
    logger,
  } = options;
  const faults = createFaultSettler({ settler, starts, runnables, hooks, clock });
  const timeouts = [...runnables.values()].map(({ definition }) => definition.timeoutMs);
  const governor = createPrefetchGovernor({
    concurrency,
    longestTimeoutMs: Math.max(0, ...timeouts),
    tellOutcomes,
  });
  const consumption = createConsumption({ broker, queue, onDelivery, governor, logger });
  const stuck = createStuckSlots({
    queue,
    concurrency,
    logger,
    onUnhealthy: options.onUnhealthy,
    onAllStuck() {
      // And once more what came until then.
      consumption.pause('stuck').then(releaseWaiting, releaseWaiting);
      releaseWaiting();
    },
    onSlotAgain: () => consumption.resume('stuck'),
  });
  /** Slots in use: each until its handler has ended. */
  const slots = createUnderWay();
  const waiting = createWaitingRuns(turns, fillSlots);
  const inHand = createRunsInHand(waiting, clock);
  const attempts = createAttempts({ ...options, stuck, observe: consumption.observe });
  const endings = createRunEndings({ ...options, inHand, faults });
  /** Aborted when the worker stops: nothing starts any more. */
  const stopping = new AbortController();
  const starter = createRunStarter({
    ...options,
    inHand,
    waiting,
    attempts,
    endings,
    stopping: stopping.signal,
  });
  let isUnsubscribed = false;
  let isPaused = false;

  function onDelivery(delivery: Delivery): void {
    const key = runKey(delivery.message);
    if (inHand.join(delivery, key)) return;
    if (isUnsubscribed) return delivery.release();
    const run: Run = {
      delivery,
      key,
      repeats: NO_REPEATS,
      place: undefined,
      ahead: undefined,
      turn: undefined,
    };
    const isFirst = delivery.origin === 'first';
    if (!isFirst) inHand.noteCopy(run);
    const share = starts.concerns(delivery) ? starts.shareOf(delivery) : undefined;
    if (stopping.signal.aborted) waiting.add(run);
    else if (share !== undefined) starter.waitForTurn(run, share);
    else if (delivery.origin === 'resent' && repetitions !== undefined)
      waiting.addWhen(run, repetitions.announce(delivery.message));
    else {
      if (!isFirst && slots.count() >= concurrency) run.ahead = starts.askAhead(delivery);
      waiting.add(run);
    }
    fillSlots();
  }

  function fillSlots(): void {
    while (slots.count() < concurrency && !stopping.signal.aborted && control?.mayStart(queue) !== false) {
      const run = waiting.next();
      if (run === undefined) return;
      if (control?.isSuperseded(run.delivery.message)) {
        starter.supersede(run);
        continue;
      }
      if (isLost(run)) {
        endings.release([run]);
        continue;
      }
      slots.begin();
      inOwnContext(starter.start, run).then(freeSlot, (error: unknown) => {
        endings.giveUp(run, error);
        freeSlot();
      });
    }
  }

  function freeSlot(): void {
    slots.end();
    fillSlots();
  }

  /** What came until the queue was not consumed any more. Released before, the broker would have delivered it here again. */
  function releaseLate(): Promise<void> {
    isUnsubscribed = true;
    return endings.releaseAll(waiting.takeAll());
  }

  function releaseWaiting(): void {
    endings.release(waiting.takeAll());
  }

  /** Whether `work` ended by itself in time. */
  async function endsWithin(waitMs: number, work: Promise<void>): Promise<boolean> {
    const inTime = new AbortController();
    await Promise.race([work.then(() => inTime.abort()), sleep(clock, waitMs, inTime.signal)]);
    return inTime.signal.aborted;
  }

  async function abortAll(): Promise<void> {
    settler.hurry();
    await Promise.all([endings.releaseAll(inHand.takePreparing()), attempts.abortAll()]);
    await endsWithin(LEAVE_MS, settler.idle());
  }

  /** Follows what control has decided: pauses, and messages that are superseded. */
  function followControl(): void {
    if (control === undefined) return;
    attempts.cancel(control.isSuperseded);
    const mustPause = control.isPaused(queue);
    if (mustPause && !isPaused) consumption.pause('control').then(releaseWaiting, releaseWaiting);
    else if (!mustPause && isPaused) consumption.resume('control');
    if (mustPause !== isPaused)
      logger.info({ queue }, mustPause ? 'queue paused: no job is started' : 'queue resumed');
    isPaused = mustPause;
    fillSlots();
  }

  turns.onChange(fillSlots);
  control?.onChange(followControl);
  return {
    queue,
    start() {
      followControl();
      return consumption.start();
    },
    isIdle: inHand.isEmpty,
    hasInHand: inHand.has,
    slots: () => ({ queue, size: concurrency, busy: slots.count() }),
    running: attempts.running,
    heed(attempt) {
      waiting.mark(attempt);
      if (inHand.has(attempt)) starts.noteStart(attempt);
    },
    async stop(graceMs) {
      stopping.abort();
      faults.stop();
      const unsubscribed = consumption.stop().then(releaseLate);
      const released = endings.releaseAll(waiting.takeAll());
      const ended = slots.idle().then(() => settler.idle());
      if (!(await endsWithin(graceMs, ended))) await abortAll();
      await Promise.all([unsubscribed, released]);
    },
  };
}
