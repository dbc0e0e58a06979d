import type { Delivery } from '@leveret/core';
import type { Hooks } from '../handler/hooks.ts';
import type { FaultSettler } from '../settlement/fault-settler.ts';
import type { Ending, Settler } from '../settlement/settler.ts';
import type { Starts } from '../starts/starts.ts';
import type { CandidateTurns } from './candidate-turns.ts';
import type { Run } from './run.ts';
import type { RunsInHand } from './runs-in-hand.ts';

/** Ends the runs of one queue: each is settled or released, and so are the deliveries that repeated it. */
export interface RunEndings {
  /** Ends a run when `settled` resolves. */
  settle(run: Run, settled: Promise<Ending>): void;
  /** Ends a run over which the worker itself failed. */
  giveUp(run: Run, error: unknown): void;
  /** Releases runs that have not begun, without waiting for it: nothing counts against them. */
  release(unstarted: readonly Run[]): void;
  /** The same; resolves when they are released. Rejects when the worker itself fails. */
  releaseAll(unstarted: readonly Run[]): Promise<void>;
}

/** What ending works with. */
export interface RunEndingsOptions {
  readonly queue: string;
  readonly inHand: RunsInHand;
  readonly settler: Settler;
  readonly faults: FaultSettler;
  readonly starts: Starts;
  readonly turns: CandidateTurns;
  readonly hooks: Hooks;
  /** Whether outcomes are told by events. */
  readonly tellOutcomes: boolean;
}

/** Creates the endings of one queue. */
export function createRunEndings(options: RunEndingsOptions): RunEndings {
  const { queue, inHand, settler, faults, starts, turns, hooks, tellOutcomes } = options;

  /** Whatever came of the first delivery of a run came of the others. */
  function end(run: Run, ending: Ending): void {
    inHand.end(run, tellOutcomes && ending === 'settled');
    if (run.turn !== undefined) turns.leave(run.turn);
    for (const again of run.repeats) {
      if (ending === 'released') again.release();
      else settler.acknowledge(again).catch((error: unknown) => endFaulty(again, error));
    }
  }

  function endFaulty(delivery: Delivery, error: unknown, onEnd?: (ending: Ending) => void): void {
    faults.settle(delivery, error).then(onEnd, (again: unknown) => hooks.fault(again, { queue }));
  }

  function giveUp(run: Run, error: unknown): void {
    inHand.endPreparing(run);
    endFaulty(run.delivery, error, (ending) => end(run, ending));
  }

  async function releaseAll(unstarted: readonly Run[]): Promise<void> {
    if (unstarted.length === 0) return;
    await starts.noteEnds(unstarted.map(({ delivery }) => delivery.message));
    for (const run of unstarted) {
      run.delivery.release();
      end(run, 'released');
    }
  }

  return {
    settle(run, settled) {
      settled.then(
        (ending) => end(run, ending),
        (error: unknown) => giveUp(run, error),
      );
    },
    giveUp,
    release(unstarted) {
      releaseAll(unstarted).catch((error: unknown) => {
        for (const run of unstarted) giveUp(run, error);
      });
    },
    releaseAll,
  };
}
