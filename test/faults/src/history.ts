import { systemClock } from '@leveret/core';
import { PUBLISHING } from './connection-losses.ts';
import { createRunLog, type ExtraRuns, type RunLog, type RunName } from './run-log.ts';

/** What a run came to. */
export interface HistoryReport {
  /** Jobs that were accepted. */
  readonly accepted: number;
  /** Accepted jobs whose outcome nobody was told. */
  readonly lost: readonly string[];
  /** Allowed only where something was lost. */
  readonly extraRuns: ExtraRuns;
  /** Jobs that were delivered and that nobody has offered. */
  readonly unexpected: readonly string[];
  /** The longest that `enqueue` took to resolve or to reject. */
  readonly slowestAnswerMs: number;
  /** How often each code was the answer. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** What is noted of each job, by its id, while faults are provoked. */
export interface History {
  /** Where runs start and end, and what is lost. */
  readonly runs: RunLog;
  /** It is about to be enqueued for the first time. */
  offered(id: string): void;
  /** `enqueue` resolved. */
  accepted(id: string, tookMs: number): void;
  /** `enqueue` rejected with `code`: the job may be in the broker. */
  refused(id: string, code: string, tookMs: number): void;
  /** A run started in `holder`, now unless `at` is given. */
  delivered(run: RunName, holder: string, at?: number): void;
  /** A recorder was told its outcome. */
  settled(id: string): void;
  /** Accepted jobs that are not settled yet. */
  openCount(): number;
  report(): HistoryReport;
}

interface Job {
  isOffered: boolean;
  isAccepted: boolean;
  isSettled: boolean;
}

/** Begins to write. */
export function createHistory(): History {
  const jobs = new Map<string, Job>();
  const runs = createRunLog();
  const refusals = new Map<string, number>();
  let slowestAnswerMs = 0;

  function jobOf(id: string): Job {
    const known = jobs.get(id);
    if (known !== undefined) return known;
    const job: Job = { isOffered: false, isAccepted: false, isSettled: false };
    jobs.set(id, job);
    return job;
  }

  function notePublished(id: string, tookMs: number): void {
    // In whole milliseconds, as losses are: a loss in the millisecond in which publishing began hits it.
    runs.published({ id, attempt: 1 }, PUBLISHING, Math.floor(systemClock.now() - tookMs));
  }

  const idsWhere = (holds: (job: Job) => boolean) =>
    [...jobs].filter(([, job]) => holds(job)).map(([id]) => id);
  const isOpen = (job: Job) => job.isAccepted && !job.isSettled;

  return {
    runs,
    offered(id) {
      jobOf(id).isOffered = true;
    },
    accepted(id, tookMs) {
      jobOf(id).isAccepted = true;
      notePublished(id, tookMs);
      slowestAnswerMs = Math.max(slowestAnswerMs, tookMs);
    },
    refused(id, code, tookMs) {
      notePublished(id, tookMs);
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
      slowestAnswerMs = Math.max(slowestAnswerMs, tookMs);
    },
    delivered(run, holder, at) {
      jobOf(run.id);
      runs.started(run, holder, at === undefined ? undefined : { at });
    },
    settled(id) {
      jobOf(id).isSettled = true;
    },
    openCount: () => idsWhere(isOpen).length,
    report: () => ({
      accepted: idsWhere(({ isAccepted }) => isAccepted).length,
      lost: idsWhere(isOpen),
      extraRuns: runs.extraRuns(),
      unexpected: idsWhere(({ isOffered }) => !isOffered),
      slowestAnswerMs: Math.round(slowestAnswerMs),
      refusals: Object.fromEntries(refusals),
    }),
  };
}
