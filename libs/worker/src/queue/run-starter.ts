import { type Clock, DEFAULT_RETRY, isRepeated, maxAttemptsOf } from '@leveret/core';
import type { Attempts } from '../attempt/attempts.ts';
import type { WorkerControl } from '../control/worker-control.ts';
import { type Prepared, prepare, type Runnable } from '../handler/prepare.ts';
import type { Settler } from '../settlement/settler.ts';
import type { StartDecision, Starts } from '../starts/starts.ts';
import type { CandidateTurns } from './candidate-turns.ts';
import type { Run } from './run.ts';
import type { RunEndings } from './run-endings.ts';
import type { RunsInHand } from './runs-in-hand.ts';
import type { WaitingRuns } from './waiting-runs.ts';

/** Starts runs that have a slot. */
export interface RunStarter {
  /** Starts a run, or does with it what the ledger decides; resolves when the slot is free. Rejects when the worker itself fails. */
  start(run: Run): Promise<void>;
  /** Lets a poison candidate wait for its turn. @param share How many may run here at the same time with it. */
  waitForTurn(run: Run, share: number): void;
  /** Acknowledges a run whose message is superseded. */
  supersede(run: Run): void;
}

/** What starting works with. */
export interface RunStarterOptions {
  readonly queue: string;
  readonly runnables: ReadonlyMap<string, Runnable>;
  /** Of the worker; absent where there is no control. */
  readonly control: WorkerControl | undefined;
  readonly inHand: RunsInHand;
  readonly waiting: WaitingRuns;
  readonly attempts: Attempts;
  readonly endings: RunEndings;
  readonly settler: Settler;
  readonly starts: Starts;
  readonly turns: CandidateTurns;
  readonly clock: Clock;
  /** Aborted when nothing starts any more. */
  readonly stopping: AbortSignal;
}

/** The slot is free at once. */
const FREE = Promise.resolve();

/** Whether the broker has all deliveries of a run back: another worker may be running it already. */
export function isLost({ delivery, repeats }: Run): boolean {
  return delivery.isLost() && repeats.every((again) => again.isLost());
}

/** Creates what starts the runs of one queue. */
export function createRunStarter(options: RunStarterOptions): RunStarter {
  const { queue, runnables, control, inHand, waiting, attempts, endings, settler, starts, turns } = options;
  const { clock, stopping } = options;

  function waitForTurn(run: Run, share: number): void {
    const hasChild = runnables.get(run.delivery.message.kind)?.inChild !== undefined;
    waiting.addCandidate(run, { hasChild, share, waitsSince: clock.monotonic() });
  }

  function isInDoubt(run: Run): boolean {
    return starts.concerns(run.delivery) || waiting.isMarked(run) || control?.mustLookUp() === true;
  }

  async function beginLater(run: Run, preparation: Prepared | Promise<Prepared>): Promise<void> {
    const { delivery } = run;
    inHand.prepare(run);
    const prepared = await preparation;
    const decision =
      prepared.kind === 'ready' && !stopping.aborted && isInDoubt(run)
        ? await starts.decide(delivery, {
            runnable: prepared.runnable,
            isApart: run.turn !== undefined,
            ahead: waiting.isMarked(run) || control?.mustLookUp() ? undefined : run.ahead,
          })
        : undefined;
    // It was released meanwhile, perhaps before its start was recorded.
    if (!inHand.endPreparing(run))
      return decision?.kind === 'run' ? starts.noteEnds([delivery.message]) : undefined;
    if (stopping.aborted || isLost(run)) return await endings.releaseAll([run]);
    if (control?.isSuperseded(delivery.message)) return supersede(run);
    if (control?.mayStart(queue) === false) return await waitAgain(run, decision);
    await begin(run, prepared, decision);
  }

  /** Control may have changed while the run was prepared: it starts when that is known. */
  async function waitAgain(run: Run, decision: StartDecision | undefined): Promise<void> {
    if (decision?.kind === 'run') await starts.noteEnds([run.delivery.message]);
    inHand.leave(run);
    if (run.turn === undefined) return void waiting.add(run);
    turns.leave(run.turn);
    waiting.addCandidate(run, run.turn);
    run.turn = undefined;
  }

  function supersede(run: Run): void {
    const { message } = run.delivery;
    const retry = runnables.get(message.kind)?.definition.retry ?? DEFAULT_RETRY;
    // An earlier message may still come, and an original is not looked up: the ledger keeps the entry for it.
    const settled = isRepeated(run.delivery)
      ? settler.acknowledge(run.delivery)
      : settler.supersede(run.delivery, maxAttemptsOf(message, retry));
    endings.settle(run, settled);
  }

  function begin(run: Run, prepared: Prepared, decision: StartDecision | undefined): Promise<void> {
    const { delivery } = run;
    if (prepared.kind === 'refused') {
      const { result, retry } = prepared;
      endings.settle(run, settler.settle({ delivery, result, retry }));
      return FREE;
    }
    switch (decision?.kind) {
      case undefined:
      case 'run':
        return attempts.run({
          delivery,
          prepared,
          start: decision,
          onResult: (finished) => endings.settle(run, settler.settle(finished)),
        });
      case 'settled':
        endings.settle(run, settler.acknowledge(delivery));
        return FREE;
      case 'defer':
        endings.settle(run, settler.defer(delivery, decision.delayMs));
        return FREE;
      case 'candidate':
        inHand.leave(run);
        waitForTurn(run, decision.share);
        return FREE;
      case 'dead-letter': {
        const { retry } = prepared.runnable.definition;
        const result = { kind: 'given-up', failure: decision.failure } as const;
        endings.settle(run, settler.settle({ delivery, result, retry }));
        return FREE;
      }
    }
  }

  return {
    /** Nearly every job begins at once: a promise less for each is felt. */
    start(run) {
      inHand.enter(run);
      const prepared = prepare(run.delivery, runnables, clock);
      if (prepared instanceof Promise || isInDoubt(run)) return beginLater(run, prepared);
      return begin(run, prepared, undefined);
    },
    waitForTurn,
    supersede,
  };
}
