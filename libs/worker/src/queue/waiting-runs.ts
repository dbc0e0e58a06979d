import type { AttemptName, Cancel } from '@leveret/core';
import type { Candidate, CandidateTurns } from './candidate-turns.ts';
import type { Run } from './run.ts';

/** Attempts that other workers have announced and are remembered. The oldest are dropped: theirs have mostly been settled. */
const MAX_MARKS = 10_000;

/** The runs of one queue that wait for a slot. Candidates wait in a separate line, so that no other job waits for them. */
export interface WaitingRuns {
  add(run: Run): void;
  /** Keeps a run until it is ready to wait with the others. */
  addWhen(run: Run, ready: Promise<void>): void;
  addCandidate(run: Run, candidate: Candidate): void;
  /** The next run that may start now; it has its turn if it is a candidate. */
  next(): Run | undefined;
  find(isIt: (run: Run) => boolean): Run | undefined;
  /** Takes all of them out. */
  takeAll(): readonly Run[];
  /** Another worker may start this attempt: here it is looked up before it starts. */
  mark(attempt: AttemptName): void;
  /** Whether a run is marked. */
  isMarked(run: Run): boolean;
}

/** A candidate that waits for its turn. */
interface WaitingCandidate {
  readonly run: Run;
  readonly candidate: Candidate;
  readonly unwatch: Cancel;
}

/** Creates the line of one queue. `onMayStart` is called when a run may start for the time that it has waited. */
export function createWaitingRuns(turns: CandidateTurns, onMayStart: () => void): WaitingRuns {
  const waiting: Run[] = [];
  const early = new Set<Run>();
  const marks = new Set<string>();
  let candidates: readonly WaitingCandidate[] = [];

  /** Candidates that run in children harm no other job, so they are first. The others let waiting jobs pass, for a while. */
  function nextCandidate(): Run | undefined {
    const next = candidates.find(({ candidate }) => turns.tryEnter(candidate, waiting.length > 0));
    if (next === undefined) return undefined;
    candidates = candidates.filter((other) => other !== next);
    next.unwatch();
    next.run.turn = next.candidate;
    return next.run;
  }

  function addEarly(run: Run): void {
    if (!early.delete(run)) return;
    waiting.push(run);
    onMayStart();
  }

  return {
    add: (run) => waiting.push(run),
    addWhen(run, ready) {
      early.add(run);
      const add = () => addEarly(run);
      ready.then(add, add);
    },
    addCandidate(run, candidate) {
      candidates = [...candidates, { run, candidate, unwatch: turns.watch(onMayStart) }];
    },
    next() {
      if (!turns.isOpen()) return undefined;
      const candidate = candidates.length > 0 ? nextCandidate() : undefined;
      return candidate ?? waiting.shift();
    },
    find: (isIt) =>
      waiting.find(isIt) ?? [...early].find(isIt) ?? candidates.find(({ run }) => isIt(run))?.run,
    takeAll() {
      const all = [...waiting.splice(0), ...early, ...candidates.map(({ run }) => run)];
      early.clear();
      for (const { unwatch } of candidates) unwatch();
      candidates = [];
      return all;
    },
    mark({ jobId, attempt }) {
      marks.add(markOf(jobId, attempt));
      if (marks.size <= MAX_MARKS) return;
      for (const oldest of marks) {
        marks.delete(oldest);
        return;
      }
    },
    isMarked: ({ delivery: { message } }) => marks.size > 0 && marks.has(markOf(message.id, message.attempt)),
  };
}

function markOf(jobId: string, attempt: number): string {
  return `${jobId} ${attempt}`;
}
