import type { RecordableEvent } from '../events/events.ts';
import type { OutgoingMessage } from '../job/message.ts';
import type { StartStore } from './attempt-ledger.ts';
import type { JobRecord } from './job-record.ts';

/** A job as it is entered into the ledger. */
export interface LedgerEntry {
  /** What the job is; kept as a message until it is known to be dispatched, in case the broker never got it. */
  readonly outgoing: OutgoingMessage;
  readonly maxAttempts: number;
  /** Each once; absent for none. */
  readonly tags?: readonly string[];
  /** The caller chose the id, so the job may be known. Left out for a generated id: then no check is made. */
  readonly isIdGiven?: boolean;
}

/** What the ledger knew of a job that it was asked to accept. */
export type AcceptAnswer =
  /** The job was entered. */
  | 'new'
  /** The same job was entered before: nothing is changed. */
  | 'known'
  /** The id belongs to a job of another kind, queue or payload: nothing is changed. */
  | 'conflict';

/** How long an accepted job is held for the process that accepted it, in milliseconds: it publishes the job itself. */
export const ACCEPTED_HOLD_MS = 15_000;

/** Which undispatched jobs are claimed. */
export interface ClaimOptions {
  /** At most so many. */
  readonly limit: number;
  /** No more once their payloads take so many bytes together; at least one. */
  readonly maxBytes: number;
  /** For so long, in milliseconds, they are not given to other callers. */
  readonly leaseMs: number;
}

/** An entry of a list of events that could not be applied. */
export interface UnappliedEvent {
  /** The entry as JSON, as it came. */
  readonly entry: string;
  /** Why it was not applied, in words. */
  readonly reason: string;
}

/** An unapplied event that the ledger keeps. */
export interface KeptEvent extends UnappliedEvent {
  /** Grows with every one that is kept. */
  readonly seq: number;
}

/** Events that could not be applied: kept until a version can apply them. */
export interface UnappliedEvents {
  /** Keeps events, in order. */
  keep(events: readonly UnappliedEvent[]): Promise<void>;
  /** The first `limit` of those after `afterSeq`, in order. */
  list(afterSeq: number, limit: number): Promise<readonly KeptEvent[]>;
  /** How many there are, at most `MAX_COUNTED_EVENTS`. */
  count(): Promise<number>;
  /** Deletes these. Unknown numbers are ignored. */
  remove(seqs: readonly number[]): Promise<void>;
}

/** Whether a ledger can be used now, and if not, why. */
export type StoreStatus = { readonly state: 'up' } | { readonly state: 'down'; readonly reason: string };

/**
 * The ledger: what every job is and what became of it. Durable when a call resolves. Every method throws
 * {@link LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used, and `ENTRY_REFUSED` when it can be used but cannot store this
 * entry: then the same call fails again, and others do not.
 */
export interface JobStore extends StartStore {
  /**
   * Enters jobs as undispatched, and answers for each whether it was new. A known job stays unchanged, except that a missing payload is filled
   * in. Payloads are the same when they are the same JSON: the order of keys does not count. Of several concurrent calls with one id, one
   * gets `new`. New jobs are held for {@link ACCEPTED_HOLD_MS}, as {@link holdUndispatched} does. All are entered or none.
   */
  accept(entries: readonly LedgerEntry[]): Promise<readonly AcceptAnswer[]>;
  /** Records that the broker has these jobs; they are not claimed any more. Their headers stay in their records. Unknown ids are ignored. */
  markDispatched(ids: readonly string[]): Promise<void>;
  /**
   * Records events by `applyEvent` of the core; all or none. Any event proves that its job was dispatched. Recording the same events again
   * changes nothing. Concurrent calls do not undo each other's changes to a job. Of the lines that handlers logged, those of the newest
   * attempts stay: of a job at most `MAX_LOGGED_LINES`, and `MAX_LOGGED_BYTES` of them.
   */
  apply(events: readonly RecordableEvent[]): Promise<void>;
  /** Events that could not be applied. */
  readonly unapplied: UnappliedEvents;
  /** Identifies this ledger: a UUID that was created with it. A copy has the same one. */
  ledgerId(): Promise<string>;
  /** The job, or undefined when there is none of that id. */
  get(id: string): Promise<JobRecord | undefined>;
  /** Undispatched jobs that no process holds, oldest first, with what is left of their delays; from now on the caller holds them. */
  claimUndispatched(options: ClaimOptions): Promise<readonly OutgoingMessage[]>;
  /** Holds those of these jobs that are undispatched for `holdMs` from now: no caller claims them. 0 releases them. Unknown ids are ignored. */
  holdUndispatched(ids: readonly string[], holdMs: number): Promise<void>;
  /** Whether the ledger can be used now. Answers from memory, at once. */
  status(): StoreStatus;
  /** Finishes what is under way and closes. Safe to call twice. */
  close(): Promise<void>;
}
