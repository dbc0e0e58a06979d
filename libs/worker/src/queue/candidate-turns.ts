import type { Cancel, Clock } from '@leveret/core';

/** Candidates that run in children at the same time: each child needs memory of its own. */
const MAX_IN_CHILDREN = 4;
/** How long a candidate that runs in the worker's own process waits for it to be idle, in milliseconds. */
const WAIT_FOR_IDLE_MS = 10_000;
/** How long it waits at least, in milliseconds: jobs that were prefetched with it start first. */
const WAIT_AT_LEAST_MS = 100;
/** How long no other job starts next to it, in milliseconds: most jobs that kill their process do so soon. */
const ALONE_MS = 1_000;

/** A run that may kill the process that it runs in. */
export interface Candidate {
  /** Whether it can run in a child process. */
  readonly hasChild: boolean;
  /** How many candidates may run in the worker's process at the same time with it; 1 when it runs alone there. */
  readonly share: number;
  /** When it began to wait, by the monotonic clock. */
  readonly waitsSince: number;
}

/**
 * The turns of the poison candidates of one worker. Four run in children at a time, next to all other jobs. One whose handler is a function
 * runs in the worker's process: within its share next to all other jobs, or alone, when no other job runs there, and no other job starts in
 * its first second.
 */
export interface CandidateTurns {
  /**
   * Whether the candidate may start now; then it has its turn until {@link leave}. `isQueueBusy`: other jobs of its queue wait to start in
   * this process.
   */
  tryEnter(candidate: Candidate, isQueueBusy: boolean): boolean;
  /** Calls `listener` again and again, because a candidate may enter when it has waited or the process is idle; returns how to stop that. */
  watch(listener: () => void): Cancel;
  /** The candidate has ended, or does not run after all. Does nothing for one that has no turn. */
  leave(candidate: Candidate): void;
  /** Whether other jobs may start now. */
  isOpen(): boolean;
  /** `listener` is called when more may start than before. */
  onChange(listener: () => void): void;
}

/** Creates the turns of a worker. `isIdle` says whether no job runs in its process. */
export function createCandidateTurns(clock: Clock, isIdle: () => boolean): CandidateTurns {
  const listeners = new Set<() => void>();
  const inChildren = new Set<Candidate>();
  /** Those in this process that do not run alone. */
  const sharing = new Set<Candidate>();
  let alone: Candidate | undefined;
  let cancelAlone: Cancel | undefined;

  function leastWaitMs(isQueueBusy: boolean): number {
    return !isQueueBusy && isIdle() ? WAIT_AT_LEAST_MS : WAIT_FOR_IDLE_MS;
  }

  function change(): void {
    for (const listener of listeners) listener();
  }

  function open(): void {
    cancelAlone?.();
    cancelAlone = undefined;
  }

  return {
    tryEnter(candidate, isQueueBusy) {
      if (candidate.hasChild) {
        if (inChildren.size >= MAX_IN_CHILDREN) return false;
        inChildren.add(candidate);
        return true;
      }
      if (candidate.share > 1) {
        if (sharing.size >= candidate.share) return false;
        sharing.add(candidate);
        return true;
      }
      const waitedMs = clock.monotonic() - candidate.waitsSince;
      if (alone !== undefined || waitedMs < leastWaitMs(isQueueBusy)) return false;
      alone = candidate;
      cancelAlone = clock.schedule(ALONE_MS, () => {
        open();
        change();
      });
      return true;
    },
    watch(listener) {
      let cancel: Cancel = () => undefined;
      const look = () => {
        cancel = clock.schedule(WAIT_AT_LEAST_MS, look);
        listener();
      };
      cancel = clock.schedule(WAIT_AT_LEAST_MS, look);
      return () => cancel();
    },
    leave(candidate) {
      if (alone === candidate) {
        alone = undefined;
        open();
      } else if (!inChildren.delete(candidate) && !sharing.delete(candidate)) return;
      change();
    },
    isOpen: () => cancelAlone === undefined,
    onChange: (listener) => listeners.add(listener),
  };
}
