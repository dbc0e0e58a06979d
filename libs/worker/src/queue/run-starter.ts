import type { Clock } from '@leveret/core';
import type { Attempts } from '../attempt/attempts.ts';
import { type Prepared, prepare, type Runnable } from '../handler/prepare.ts';
import type { Settler } from '../settlement/settler.ts';
import type { StartDecision, Starts } from '../starts/starts.ts';
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
}

/** What starting works with. */
export interface RunStarterOptions {
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly inHand: RunsInHand;
  readonly waiting: WaitingRuns;
  readonly attempts: Attempts;
  readonly endings: RunEndings;
  readonly settler: Settler;
  readonly starts: Starts;
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
  const { runnables, inHand, waiting, attempts, endings, settler, starts, clock, stopping } = options;

  function waitForTurn(run: Run, share: number): void {
    const hasChild = runnables.get(run.delivery.message.kind)?.inChild !== undefined;
    waiting.addCandidate(run, { hasChild, share, waitsSince: clock.monotonic() });
  }

  function isInDoubt(run: Run): boolean {
    return starts.concerns(run.delivery) || waiting.isMarked(run);
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
            ahead: waiting.isMarked(run) ? undefined : run.ahead,
          })
        : undefined;
    // It was released meanwhile, perhaps before its start was recorded.
    if (!inHand.endPreparing(run))
      return decision?.kind === 'run' ? starts.noteEnds([delivery.message]) : undefined;
    if (stopping.aborted || isLost(run)) return await endings.releaseAll([run]);
    await begin(run, prepared, decision);
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
  };
}
