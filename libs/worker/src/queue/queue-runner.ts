import {
  type AttemptName,
  type Broker,
  createLinkedList,
  createUnderWay,
  type Delivery,
  runKey,
  sleep,
} from '@leveret/core';
import { createAttempts } from '../attempt/attempts.ts';
import type { ExecutionMeans } from '../attempt/execution.ts';
import { createStuckSlots } from '../attempt/stuck-slots.ts';
import type { Hooks } from '../handler/hooks.ts';
import { type Prepared, prepare, type Runnable } from '../handler/prepare.ts';
import type { InOwnContext } from '../own-context.ts';
import { createFaultSettler } from '../settlement/fault-settler.ts';
import { createSettledLately } from '../settlement/settled-lately.ts';
import type { Ending, Settler } from '../settlement/settler.ts';
import type { Repetitions } from '../starts/repetitions.ts';
import type { StartDecision, Starts } from '../starts/starts.ts';
import type { CandidateTurns } from './candidate-turns.ts';
import { createConsumption } from './consumption.ts';
import { createPrefetchGovernor } from './prefetch.ts';
import type { Run } from './run.ts';
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
export interface QueueRunner {
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
/** The slot is free at once. */
const FREE = Promise.resolve();

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
      consumption.pause().then(releaseWaiting, releaseWaiting);
      releaseWaiting();
    },
    onSlotAgain: consumption.resume,
  });
  /** Slots in use: each until its handler has ended. */
  const slots = createUnderWay();
  /** Runs that take a while before they can begin. */
  const preparing = new Set<Run>();
  const runs = createLinkedList<Run>();
  /** Keys of the runs in hand that may be repetitions: the original of one may come later than its copy. */
  const copies = new Set<string>();
  const attempts = createAttempts({ ...options, stuck, observe: consumption.observe });
  const settledLately = createSettledLately(clock);
  const waiting = createWaitingRuns(turns, fillSlots);
  let stopping = false;
  let isUnsubscribed = false;

  function onDelivery(delivery: Delivery): void {
    const key = runKey(delivery.message);
    const isFirst = delivery.origin === 'first';
    if ((!isFirst || copies.has(key)) && isInHand(delivery, key)) return;
    if (isUnsubscribed) return delivery.release();
    const run: Run = {
      delivery,
      key,
      repeats: NO_REPEATS,
      place: undefined,
      ahead: undefined,
      turn: undefined,
    };
    if (!isFirst) copies.add(key);
    const share = starts.concerns(delivery) ? starts.shareOf(delivery) : undefined;
    if (stopping) waiting.add(run);
    else if (share !== undefined) waitForTurn(run, share);
    else if (delivery.origin === 'resent' && repetitions !== undefined)
      waiting.addWhen(run, repetitions.announce(delivery.message));
    else {
      if (!isFirst && slots.count() >= concurrency) run.ahead = starts.askAhead(delivery);
      waiting.add(run);
    }
    fillSlots();
  }

  /** Whether it is here already. Then it ends as that ends, and does not run twice. */
  function isInHand(again: Delivery, key: string): boolean {
    const isIt = (run: Run) => run.key === key;
    const run = runs.findLast(isIt) ?? waiting.find(isIt);
    if (run === undefined) return false;
    run.repeats = [...run.repeats, again];
    return true;
  }

  /** Whether the broker has all of its deliveries back: another worker may be running it already. */
  function isLost({ delivery, repeats }: Run): boolean {
    return delivery.isLost() && repeats.every((again) => again.isLost());
  }

  function waitForTurn(run: Run, share: number): void {
    const hasChild = runnables.get(run.delivery.message.kind)?.inChild !== undefined;
    waiting.addCandidate(run, { hasChild, share, waitsSince: clock.monotonic() });
  }

  function fillSlots(): void {
    while (slots.count() < concurrency && !stopping) {
      const run = waiting.next();
      if (run === undefined) return;
      if (isLost(run)) {
        release([run]);
        continue;
      }
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
    if (prepared instanceof Promise || isInDoubt(run)) return beginLater(run, prepared);
    return begin(run, prepared, undefined);
  }

  function isInDoubt(run: Run): boolean {
    return starts.concerns(run.delivery) || waiting.isMarked(run);
  }

  async function beginLater(run: Run, preparation: Prepared | Promise<Prepared>): Promise<void> {
    const { delivery } = run;
    preparing.add(run);
    const prepared = await preparation;
    const decision =
      prepared.kind === 'ready' && !stopping && isInDoubt(run)
        ? await starts.decide(delivery, {
            runnable: prepared.runnable,
            isApart: run.turn !== undefined,
            ahead: waiting.isMarked(run) ? undefined : run.ahead,
          })
        : undefined;
    // It was released meanwhile, perhaps before its start was recorded.
    if (!preparing.delete(run))
      return decision?.kind === 'run' ? starts.noteEnds([delivery.message]) : undefined;
    if (stopping || isLost(run)) return await releaseAll([run]);
    await begin(run, prepared, decision);
  }

  function begin(run: Run, prepared: Prepared, decision: StartDecision | undefined): Promise<void> {
    const { delivery } = run;
    if (prepared.kind === 'refused') {
      const { result, retry } = prepared;
      settleBeside(run, settler.settle({ delivery, result, retry }));
      return FREE;
    }
    switch (decision?.kind) {
      case undefined:
      case 'run':
        return attempts.run({
          delivery,
          prepared,
          start: decision,
          onResult: (finished) => settleBeside(run, settler.settle(finished)),
        });
      case 'settled':
        settleBeside(run, settler.acknowledge(delivery));
        return FREE;
      case 'defer':
        settleBeside(run, settler.defer(delivery, decision.delayMs));
        return FREE;
      case 'candidate':
        if (run.place !== undefined) runs.remove(run.place);
        waitForTurn(run, decision.share);
        return FREE;
      case 'dead-letter': {
        const { retry } = prepared.runnable.definition;
        const result = { kind: 'given-up', failure: decision.failure } as const;
        settleBeside(run, settler.settle({ delivery, result, retry }));
        return FREE;
      }
    }
  }

  function settleBeside(run: Run, settled: Promise<Ending>): void {
    settled.then(
      (ending) => end(run, ending),
      (error: unknown) => giveUp(run, error),
    );
  }

  /** Whatever came of the first delivery of a run came of the others. */
  function end(run: Run, ending: Ending): void {
    if (run.place !== undefined) runs.remove(run.place);
    if (run.turn !== undefined) turns.leave(run.turn);
    if (run.delivery.origin !== 'first') copies.delete(run.key);
    if (tellOutcomes && ending === 'settled') settledLately.note(run.key);
    for (const again of run.repeats) {
      if (ending === 'released') again.release();
      else settler.acknowledge(again).catch((error: unknown) => endFaulty(again, error));
    }
  }

  function giveUp(run: Run, error: unknown): void {
    preparing.delete(run);
    endFaulty(run.delivery, error, (ending) => end(run, ending));
  }

  function endFaulty(delivery: Delivery, error: unknown, onEnd?: (ending: Ending) => void): void {
    faults.settle(delivery, error).then(onEnd, (again: unknown) => hooks.fault(again, { queue }));
  }

  /** Releases runs that have not begun: nothing counts against them. */
  async function releaseAll(unstarted: readonly Run[]): Promise<void> {
    if (unstarted.length === 0) return;
    await starts.noteEnds(unstarted.map(({ delivery }) => delivery.message));
    for (const run of unstarted) {
      run.delivery.release();
      end(run, 'released');
    }
  }

  /** What came until the queue was not consumed any more. Released before, the broker would have delivered it here again. */
  function releaseLate(): Promise<void> {
    isUnsubscribed = true;
    return releaseAll(waiting.takeAll());
  }

  function releaseWaiting(): void {
    release(waiting.takeAll());
  }

  function release(unstarted: readonly Run[]): void {
    releaseAll(unstarted).catch((error: unknown) => {
      for (const run of unstarted) giveUp(run, error);
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
    const unstarted = [...preparing];
    preparing.clear();
    await Promise.all([releaseAll(unstarted), attempts.abortAll()]);
    await endsWithin(LEAVE_MS, settler.idle());
  }

  function hasInHand({ jobId, attempt }: AttemptName): boolean {
    const run = runs.findLast(
      ({ delivery: { message } }) => message.id === jobId && message.attempt === attempt,
    );
    return run === undefined ? settledLately.has(jobId, attempt) : !preparing.has(run);
  }

  turns.onChange(fillSlots);
  return {
    queue,
    start: consumption.start,
    isIdle: () => runs.size() === 0,
    hasInHand,
    heed(attempt) {
      waiting.mark(attempt);
      if (hasInHand(attempt)) starts.noteStart(attempt);
    },
    async stop(graceMs) {
      stopping = true;
      faults.stop();
      const unsubscribed = consumption.stop().then(releaseLate);
      const released = releaseAll(waiting.takeAll());
      const ended = slots.idle().then(() => settler.idle());
      if (!(await endsWithin(graceMs, ended))) await abortAll();
      await Promise.all([unsubscribed, released]);
    },
  };
}
