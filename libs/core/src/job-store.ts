import type { StartStore } from './attempt-ledger.ts';
import type { RecordableEvent } from './events.ts';
import type { JobRecord } from './job-record.ts';
import type { OutgoingMessage } from './message.ts';

/** A job as it is entered into the ledger. */
export interface LedgerEntry {
  /** What the job is; kept as a message until it is known to be dispatched, in case the broker never got it. */
  readonly outgoing: OutgoingMessage;
  readonly maxAttempts: number;
  /** The caller chose the id, so the job may be known. Left out for a new id: then nobody looks whether it is. */
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
  /** Nobody else is given them for so long, in milliseconds. */
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

/** What could not be applied: kept until a version comes that can. */
export interface UnappliedEvents {
  /** Keeps events, in order. */
  keep(events: readonly UnappliedEvent[]): Promise<void>;
  /** The first `limit` of those after `afterSeq`, in order. */
  list(afterSeq: number, limit: number): Promise<readonly KeptEvent[]>;
  /** Keeps these no longer. Unknown numbers are passed over. */
  remove(seqs: readonly number[]): Promise<void>;
}

/** Whether a ledger can be used now, and if not, why. */
export type StoreStatus = { readonly state: 'up' } | { readonly state: 'down'; readonly reason: string };

/**
 * The ledger: what every job is and what became of it. Durable when a call resolves. Every method throws
 * {@link LeveretError} `STORE_UNAVAILABLE` when the store cannot be used, and `ENTRY_REFUSED` when it can, and the fault lies with what it
 * was given: then the same call fails again, and others do not.
 */
export interface JobStore extends StartStore {
  /**
   * Enters jobs as undispatched, and answers for each whether it was new. A known one stays as it is, but for a payload that it lacked. A
   * payload is the same when it is the same JSON: the order of keys does not count. Of several calls with one id at the same time, one is
   * told `new`. New jobs are held for {@link ACCEPTED_HOLD_MS}, as {@link holdUndispatched} does. All are entered or none.
   */
  accept(entries: readonly LedgerEntry[]): Promise<readonly AcceptAnswer[]>;
  /** Notes that the broker has these jobs; they are not claimed any more. What was sent along with them stays in their records. Unknown ids are passed over. */
  markDispatched(ids: readonly string[]): Promise<void>;
  /**
   * Records events by `applyEvent` of the core; all or none. Any event proves that its job was dispatched. Recording the same events again
   * changes nothing. Of several calls at the same time, none undoes what another has done to a job.
   */
  apply(events: readonly RecordableEvent[]): Promise<void>;
  /** Events that could not be applied. */
  readonly unapplied: UnappliedEvents;
  /** Tells this ledger from every other one: a UUID that was made with it, and goes along when it is copied. */
  ledgerId(): Promise<string>;
  /** The job, or undefined when there is none of that id. */
  get(id: string): Promise<JobRecord | undefined>;
  /** Undispatched jobs that nobody holds, oldest first, with what is left of their delays; held for the caller. */
  claimUndispatched(options: ClaimOptions): Promise<readonly OutgoingMessage[]>;
  /** Nobody is given those of these jobs that are undispatched for `holdMs` from now: 0 leaves them to the next who asks. Unknown ids are passed over. */
  holdUndispatched(ids: readonly string[], holdMs: number): Promise<void>;
  /** Whether the ledger can be used now. Answers from memory, at once. */
  status(): StoreStatus;
  /** Finishes what is under way and closes. Safe to call twice. */
  close(): Promise<void>;
}
