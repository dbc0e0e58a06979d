import type { Cancel } from '@leveret/core';
import type { Candidate, CandidateTurns } from './candidate-turns.ts';

/** The runs of one queue that wait for a slot: candidates in a line of their own, so that no other job waits for one of them. */
export interface WaitingRuns<Run> {
  add(run: Run): void;
  addCandidate(run: Run, candidate: Candidate): void;
  /** The next run that may start now, with its turn if it is a candidate. */
  next(): { readonly run: Run; readonly candidate?: Candidate } | undefined;
  find(isIt: (run: Run) => boolean): Run | undefined;
  /** Takes all of them out. */
  takeAll(): readonly Run[];
}

/** A candidate that waits for its turn. */
interface WaitingCandidate<Run> {
  readonly run: Run;
  readonly candidate: Candidate;
  readonly unwatch: Cancel;
}

/** Creates the line of one queue. `onMayStart` is called when a candidate may start for the time that it has waited. */
export function createWaitingRuns<Run>(turns: CandidateTurns, onMayStart: () => void): WaitingRuns<Run> {
  const waiting: Run[] = [];
  let candidates: readonly WaitingCandidate<Run>[] = [];

  /** Those that run in children harm nobody, so they are first. Others let the jobs pass that wait here, for a while. */
  function nextCandidate() {
    const next = candidates.find(({ candidate }) => turns.tryEnter(candidate, waiting.length > 0));
    if (next === undefined) return undefined;
    candidates = candidates.filter((other) => other !== next);
    next.unwatch();
    return { run: next.run, candidate: next.candidate };
  }

  return {
    add: (run) => waiting.push(run),
    addCandidate(run, candidate) {
      candidates = [...candidates, { run, candidate, unwatch: turns.watch(onMayStart) }];
    },
    next() {
      if (!turns.isOpen()) return undefined;
      const candidate = candidates.length > 0 ? nextCandidate() : undefined;
      if (candidate !== undefined) return candidate;
      const run = waiting.shift();
      return run === undefined ? undefined : { run };
    },
    find: (isIt) => waiting.find(isIt) ?? candidates.find(({ run }) => isIt(run))?.run,
    takeAll() {
      const all = [...waiting.splice(0), ...candidates.map(({ run }) => run)];
      for (const { unwatch } of candidates) unwatch();
      candidates = [];
      return all;
    },
  };
}
