import type { KindFilter } from '../ledger/kind-filter.ts';
import type { FailureTrends } from './failure-trends.ts';
import type { Durations } from './histogram.ts';

/** How long slices of time are, in milliseconds, and for how long each kind of slice is kept. */
export const RATE_SLICES = {
  10000: { keptMs: 3_600_000 },
  60000: { keptMs: 604_800_000 },
} as const;

/** Length of a slice of time, in milliseconds: 10 s, kept for an hour, or a minute, kept for 7 days. */
export type SliceMs = keyof typeof RATE_SLICES;

/** Most slices of time in one answer. */
export const MAX_RATE_SLICES = 360;

/** Of which jobs and when rates are asked for. */
export interface RatesRequest {
  readonly queue?: string;
  readonly kind?: KindFilter;
  /** From which moment on, in milliseconds since 1970: the slice of this moment is the first one. */
  readonly since: number;
  readonly sliceMs: SliceMs;
}

/**
 * What happened in a stretch of time. A job that runs again after its end comes in again, and ends again. The counts are for looking: those of
 * the last second may be missing, and are lost if a process is killed. `JobReader.counts` is exact.
 */
export interface Rate {
  /** Jobs that came in: accepted, or sent to run again after their end. A job whose acceptance the ledger never learned of is not counted. */
  readonly in: number;
  readonly succeeded: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Jobs that were dead-lettered. */
  readonly dead: number;
  /** Attempts that failed, whether or not there was another one. */
  readonly failedAttempts: number;
  /** How long attempts that started were ready before: `AttemptRecord.queueWaitMs`. Absent for none. */
  readonly queueWait?: Durations;
  /** How long attempts that ended ran. Absent for none. */
  readonly run?: Durations;
}

/** What happened in one slice of time. */
export interface SliceRate extends Rate {
  /** In milliseconds since 1970. */
  readonly startAt: number;
}

/** What happened in one queue, or to one kind of jobs in it. */
export interface RateHistory {
  /** Of all slices together. */
  readonly total: Rate;
  /** Oldest first; only those in which something happened. */
  readonly slices: readonly SliceRate[];
}

/** What happened in one queue. */
export interface QueueRates extends RateHistory {
  readonly queue: string;
  /** By kind. */
  readonly kinds: readonly (RateHistory & { readonly kind: string })[];
}

/** What happened since a moment. */
export interface Rates {
  readonly sliceMs: SliceMs;
  /** When the first slice starts, in milliseconds since 1970. */
  readonly since: number;
  /** Until when the answer goes: now, or {@link MAX_RATE_SLICES} slices after `since`; the next question is asked from here. */
  readonly until: number;
  /** By name; only those in which something happened. */
  readonly queues: readonly QueueRates[];
}

/** Most changes in one answer. */
export const MAX_JOB_CHANGES = 1_000;

/** A job that was changed. */
export interface JobChange {
  readonly jobId: string;
  /** The newest change of the job in this answer. */
  readonly number: number;
}

/** Which jobs were changed. */
export interface JobChanges {
  /** By number, each job once. There are more when the last number is lower than `newest`. */
  readonly changes: readonly JobChange[];
  /** The number of the newest change of all. */
  readonly newest: number;
  /**
   * True when changes after the given number may be missing, because they are no longer kept or the number is not of this ledger: then `changes` is
   * empty. Read anew what is shown, and go on from `newest`.
   */
  readonly isGap: boolean;
}

/** The job of a queue that waits longest. */
export interface OldestWaiting {
  readonly queue: string;
  /** Since when it has been ready, in milliseconds since 1970: since it was accepted, came back to its queue, or was due. */
  readonly readyAt: number;
}

/** Reads what happens in the ledger, for pages that follow it. Errors as `JobReader` says. */
export interface ActivityReader {
  /**
   * What happened to jobs, in slices of time. A slice has what the ledger recorded in it, by the clock of the ledger: clocks of workers do not
   * matter, and when a recorder comes back after an outage, what happened meanwhile is in the slices in which it is recorded.
   * @throws {RangeError} for a `since` that is no number, and for another length of a slice.
   */
  rates(request: RatesRequest): Promise<Rates>;
  /**
   * Jobs that were changed after change number `afterNumber`, so that what is shown of them is read again; one that is not there any more was
   * deleted. Every update of a job, its attempts and its log has a number; numbers only grow. Changes are kept for 10 minutes, and the newest 100,000 of them at most. A job may be
   * named that was not changed.
   * @param afterNumber 0, which is a gap, to learn where to begin; then the number of the last change of the answer before, or its `newest` if it had none.
   * @param limit From 1 to {@link MAX_JOB_CHANGES}.
   * @throws {RangeError} for a limit out of bounds.
   */
  changes(afterNumber: number, limit: number): Promise<JobChanges>;
  /**
   * Of each queue in which jobs are ready at `now` and have not started, the one that waits longest, by queue. Jobs that are scheduled, that wait for a retry
   * and that are held are ready when they are due. Also those of a paused queue, and those that the broker does not have. Of each kind, the 1,000 queued jobs that changed first
   * are looked at.
   * @param now In milliseconds since 1970.
   */
  oldestWaiting(now: number): Promise<readonly OldestWaiting[]>;
  /**
   * How these groups of failures developed in the day before `now`. A slice has the failures that the ledger recorded in it, by
   * the clock of the ledger, each once.
   * @param fingerprints At most `MAX_FAILURE_GROUPS`.
   * @param now In milliseconds since 1970.
   * @throws {RangeError} for more fingerprints.
   */
  failureTrends(fingerprints: readonly string[], now: number): Promise<FailureTrends>;
}
