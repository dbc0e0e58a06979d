import type { JobEvent } from './events.ts';
import type { JobRecord } from './job-record.ts';
import type { OutgoingMessage } from './message.ts';

/** A job as it is entered into the ledger. */
export interface LedgerEntry {
  /** What the job is; kept as a message until it is known to be dispatched, in case the broker never got it. */
  readonly outgoing: OutgoingMessage;
  readonly maxAttempts: number;
}

/** Which undispatched jobs are claimed. */
export interface ClaimOptions {
  /** Only jobs entered at least this long ago, in milliseconds by the store's clock. */
  readonly olderThanMs: number;
  /** At most so many. */
  readonly limit: number;
  /** Nobody else is given them for so long, in milliseconds. */
  readonly leaseMs: number;
}

/** Whether a ledger can be used now, and if not, why. */
export type StoreStatus = { readonly state: 'up' } | { readonly state: 'down'; readonly reason: string };

/**
 * The ledger: what every job is and what became of it. Durable when a call resolves. Every method throws
 * {@link LeveretError} `STORE_UNAVAILABLE` when the store cannot be used.
 */
export interface JobStore {
  /** Enters jobs as undispatched. One whose id is known stays as it is, but for a payload that it lacked. All or none. */
  accept(entries: readonly LedgerEntry[]): Promise<void>;
  /** Notes that the broker has these jobs; their messages are forgotten here. Unknown ids are passed over. */
  markDispatched(ids: readonly string[]): Promise<void>;
  /**
   * Records events, in order, by `applyEvent` of the core; all or none. Any event proves that its job was dispatched.
   * Recording the same events again changes nothing.
   */
  apply(events: readonly JobEvent[]): Promise<void>;
  /** The job, or undefined when there is none of that id. */
  get(id: string): Promise<JobRecord | undefined>;
  /** Undispatched jobs, oldest first, with what is left of their delays; leased to the caller. */
  claimUndispatched(options: ClaimOptions): Promise<readonly OutgoingMessage[]>;
  /** Whether the ledger can be used now. Answers from memory, at once. */
  status(): StoreStatus;
  /** Finishes what is under way and closes. Safe to call twice. */
  close(): Promise<void>;
}
