import { type AttemptName, type Clock, createLinkedList, type Delivery } from '@leveret/core';
import { createSettledLately } from '../settlement/settled-lately.ts';
import type { Run } from './run.ts';
import type { WaitingRuns } from './waiting-runs.ts';

/** Finds the runs of one queue that this worker has: those that wait, those that have a slot or are being settled, and those settled a moment ago. */
export interface RunsInHand {
  /** Whether the run of this delivery is here already. Then it ends as that ends, and does not run twice. */
  join(delivery: Delivery, key: string): boolean;
  /** Takes note of a run that may be a repetition: its original may come later. */
  noteCopy(run: Run): void;
  /** A run has a slot. */
  enter(run: Run): void;
  /** A run waits again. Does nothing for one that never had a slot. */
  leave(run: Run): void;
  /** A run is settled or released. */
  end(run: Run, isSettled: boolean): void;
  /** A run that has a slot takes a while before it can begin. */
  prepare(run: Run): void;
  /** It is about to begin; false when it was taken by {@link takePreparing}, or is not known. */
  endPreparing(run: Run): boolean;
  /** Takes all that have a slot and have not begun. */
  takePreparing(): readonly Run[];
  /** Whether an attempt is started here and not settled, or was settled a moment ago. */
  has(attempt: AttemptName): boolean;
  /** Whether no run has a slot or is being settled. */
  isEmpty(): boolean;
}

/** Creates the runs of a queue, of which there are none. */
export function createRunsInHand(waiting: Pick<WaitingRuns, 'find'>, clock: Clock): RunsInHand {
  const runs = createLinkedList<Run>();
  const preparing = new Set<Run>();
  /** Keys of the runs that may be repetitions. */
  const copies = new Set<string>();
  const settledLately = createSettledLately(clock);

  function leave({ place }: Run): void {
    if (place !== undefined) runs.remove(place);
  }

  return {
    join(delivery, key) {
      if (delivery.origin === 'first' && !copies.has(key)) return false;
      const isIt = (run: Run) => run.key === key;
      const run = runs.findLast(isIt) ?? waiting.find(isIt);
      if (run === undefined) return false;
      run.repeats = [...run.repeats, delivery];
      return true;
    },
    noteCopy: ({ key }) => copies.add(key),
    enter(run) {
      run.place = runs.add(run);
    },
    leave,
    end(run, isSettled) {
      leave(run);
      if (run.delivery.origin !== 'first') copies.delete(run.key);
      if (isSettled) settledLately.note(run.key);
    },
    prepare: (run) => preparing.add(run),
    endPreparing: (run) => preparing.delete(run),
    takePreparing() {
      const all = [...preparing];
      preparing.clear();
      return all;
    },
    has({ jobId, attempt }) {
      const run = runs.findLast(
        ({ delivery: { message } }) => message.id === jobId && message.attempt === attempt,
      );
      return run === undefined ? settledLately.has(jobId, attempt) : !preparing.has(run);
    },
    isEmpty: () => runs.size() === 0,
  };
}
