import type { DeadLetter } from '../broker/dead-letter.ts';
import type { ControlStore } from '../control/control-store.ts';
import type { ErrorCode } from '../errors/error-codes.ts';
import type { RecordableEvent } from '../events/events.ts';
import type { HistoryPolicy } from '../job/history-policy.ts';
import type { OutgoingMessage } from '../job/message.ts';
import type { StartStore } from './attempt-ledger.ts';
import type { BlobReferences } from './blob-references.ts';
import type { JobRecord } from './job-record.ts';
import type { KeptEvent, UnappliedEvent } from './kept-events.ts';
import type { RecordingReport } from './recording-lag.ts';
import type { JobRetention } from './retention.ts';
import type { SetAsideStore } from './set-aside.ts';

/** A job as it is entered into the ledger. */
export interface LedgerEntry {
  /** What the job is; kept as a message until it is known to be dispatched, in case the broker never got it. */
  readonly outgoing: OutgoingMessage;
  readonly maxAttempts: number;
  /** Each once; absent for none. */
  readonly tags?: readonly string[];
  /** The `history` of its definition; absent for `all`. */
  readonly history?: HistoryPolicy;
  /** The redacted paths of its definition; absent for none. */
  readonly redact?: readonly string[];
  /** The files and folders that the job refers to: at most `MAX_JOB_BLOBS`, each once; absent for none. */
  readonly blobs?: readonly string[];
  /** The caller chose the id, so the job may be known. Left out for a generated id: then no check is made. */
  readonly isIdGiven?: boolean;
}

/** What the ledger knew of a job that it was asked to accept. */
export type AcceptAnswer =
  /** The job was entered. */
  | 'new'
  /** The job was entered as dispatched: its message was published to a broker in the same file, in the same commit. */
  | 'dispatched'
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

/** What became of a dead letter that a ledger was given. */
export type DeadLetterAnswer =
  /** The ledger has the job, with all that its dead letter says. */
  | 'kept'
  /** The ledger's job is of a higher generation: nothing is changed. */
  | 'superseded'
  /** The id belongs to a job of another kind, queue or payload: nothing is changed. */
  | 'conflict';

/** Whether a ledger can be used now, and if not, why. */
export type StoreStatus =
  | { readonly state: 'up' }
  /** `reason` is for operators, `code` is fit for everybody. */
  | { readonly state: 'down'; readonly code: ErrorCode; readonly reason: string };

/**
 * The part of a ledger through which jobs are accepted, and relayed to the broker. Durable when a call resolves. Every method throws
 * {@link LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used, and `ENTRY_REFUSED` when it can be used but cannot store this
 * entry: then the same call fails again, and others do not.
 */
export interface AcceptanceStore {
  /**
   * Enters jobs as undispatched, each with the parent that its message names (`splitParent`), and answers for each whether it was new. A ledger
   * that shares its commits with the broker may know that a job is dispatched: it says so. A known job stays unchanged, except that a payload that the ledger never had is filled in. Payloads
   * are the same when they are the same JSON: the order of keys does not count. Of several concurrent calls with one id, one gets `new` or `dispatched`. A new
   * job of which a deleted one of the same id was superseded is of the next generation. New jobs are held for {@link ACCEPTED_HOLD_MS}, as {@link holdUndispatched} does. All are entered or none.
   */
  accept(entries: readonly LedgerEntry[]): Promise<readonly AcceptAnswer[]>;
  /**
   * Records that the broker has the messages of these jobs; they are not claimed any more. Their headers stay in their records. Ignored for unknown ids,
   * and for jobs of another generation than that of the messages, which is 0 when left out.
   */
  markDispatched(ids: readonly string[], generation?: number): Promise<void>;
  /** The job, or undefined when there is none of that id. Its redacted values are not masked: show it with `redactJob`. */
  get(id: string): Promise<JobRecord | undefined>;
  /** Undispatched jobs that no process holds, oldest first, with what is left of their delays and with their parents; from now on the caller holds them. */
  claimUndispatched(options: ClaimOptions): Promise<readonly OutgoingMessage[]>;
  /** Holds those of these jobs that are undispatched for `holdMs` from now: no caller claims them. 0 releases them. Unknown ids are ignored. */
  holdUndispatched(ids: readonly string[], holdMs: number): Promise<void>;
  /** Whether the ledger can be used now. Answers from memory, at once. */
  status(): StoreStatus;
}

/** The part of a ledger that records what workers tell, and decides on starts. Durable when a call resolves; errors as {@link AcceptanceStore} says. */
export interface RecordingStore extends StartStore {
  /**
   * Records events by `applyEvent` of the core; all or none. An event of its generation proves that a job was dispatched. Recording the same events
   * again changes nothing. Concurrent calls do not undo each other's changes to a job. Of the lines that handlers logged, those of the newest
   * attempts stay: of a job at most `MAX_LOGGED_LINES`, and `MAX_LOGGED_BYTES` of them. What tells that a superseded message is gone is in no view of
   * control any more.
   */
  apply(events: readonly RecordableEvent[]): Promise<void>;
  /**
   * Records dead letters without a defect by `applyDeadLetter` of the core; all or none. Where the ledger has no payload of a job, payload, headers, parent and
   * priority are filled in; the payload is kept byte for byte. A dead letter of its generation proves that its job was dispatched. Recording the same ones
   * again changes nothing.
   * @param at When they were taken, in milliseconds since 1970.
   */
  keepDeadLetters(letters: readonly DeadLetter[], at: number): Promise<readonly DeadLetterAnswer[]>;
  /** Messages that cannot be jobs, or that the broker could not route. */
  readonly setAside: SetAsideStore;
  /** A recorder reports how far this ledger is: see `JobReader.lag`. Of several reports, the last counts. */
  noteRecording(report: RecordingReport): Promise<void>;
  /** The queues of all jobs that the ledger has ever met. */
  queues(): Promise<readonly string[]>;
  /** Events that could not be applied. */
  readonly unapplied: UnappliedEvents;
  /** Deletes jobs whose time is over. */
  readonly retention: JobRetention;
  /** Remembers `Broker.name` of the broker whose events are recorded, in place of the one before. */
  noteBroker(name: string): Promise<void>;
  /** The name that was noted last; undefined before the first. */
  brokerName(): Promise<string | undefined>;
  /** Which files in blob storage jobs refer to. */
  readonly blobReferences: BlobReferences;
  /** Identifies this ledger: a UUID that was created with it. A copy has the same one. */
  ledgerId(): Promise<string>;
}

/** The ledger: what every job is and what became of it. To read and search it, there is `JobReader`. */
export interface JobStore extends AcceptanceStore, RecordingStore, ControlStore {
  /** Finishes what is under way and closes. Safe to call twice. */
  close(): Promise<void>;
}
