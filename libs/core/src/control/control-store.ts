import type { AccountAction } from '../accounts/account.ts';
import type { JobState } from '../job/states.ts';
import type { ControlAction, ControlAnswer, ControlAuthor, ControlRequest } from './control-request.ts';
import type {
  ControlView,
  ControlViewRequest,
  QueuePause,
  SeenWorker,
  WorkerPresence,
} from './control-view.ts';
import type { OperationItem, OperationRecord, OperationRequest, OperationSlice } from './operation.ts';
import type { UnawareWorker } from './unaware-workers.ts';

/** What somebody did, as the ledger keeps it. */
export interface AuditEntry extends ControlAuthor {
  /** Grows with every entry. */
  readonly seq: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** What was done: a {@link ControlAction}, an {@link AccountAction}, or to a queue, an operation or what is set aside. */
  readonly action:
    | ControlAction
    | AccountAction
    | 'pause'
    | 'resume'
    | 'start-operation'
    | 'stop-operation'
    | 'discard-messages'
    | 'discard-events';
  /** Absent where no single job is concerned. */
  readonly jobId?: string;
  readonly queue?: string;
  readonly operationId?: string;
  /** The account that was changed or whose session was ended, or the name of the API key. */
  readonly subject?: string;
  /**
   * What of it, in words: roles, ids of keys and sessions, how many entries were discarded, with the numbers of the first 50, and what an operation that starts does
   * to how many jobs, such as `retry of 1,000 jobs`.
   */
  readonly detail?: string;
  /** The state of the job before and after. */
  readonly before?: JobState;
  readonly after?: JobState;
}

/**
 * Which entries of the audit are asked for, newest first. An operation makes an entry for each of its jobs: a list has these only if it is the list of
 * a job or of an operation.
 */
export interface AuditRequest {
  /** Only entries of this job. */
  readonly jobId?: string;
  /** Only entries of this operation and of its jobs. */
  readonly operationId?: string;
  /** Only entries with a lower `seq`. */
  readonly beforeSeq?: number;
  /** Only from the last entry on that was made before this moment, in milliseconds since 1970 by the clock of whoever acted. */
  readonly beforeAt?: number;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** Messages or events that are set aside are deleted. */
export interface SetAsideDiscard extends ControlAuthor {
  readonly kind: 'messages' | 'events';
  /** The `seq` of each. */
  readonly seqs: readonly number[];
}

/** A queue is paused or resumed. */
export interface QueueControl extends ControlAuthor {
  readonly queue: string;
}

/** What came of pausing or resuming a queue. */
export interface QueueControlAnswer {
  /** False when the queue was paused, or was not paused, already: nothing is changed. */
  readonly isChanged: boolean;
  /** See `ControlView.seq`. */
  readonly seq: number;
}

/**
 * The part of a ledger through which operators act on jobs. Every call is atomic against every other caller of the ledger, and durable
 * when it resolves. Every method throws {@link LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used.
 */
export interface ControlStore {
  /**
   * Carries out requests by `decideControl`, in order, and answers in order. What is superseded is in every view from then on. A job that runs again is
   * undispatched, and held for the caller like an accepted one. A job that is finished loses what its history policy does not keep. Each request that is
   * done is in the audit.
   */
  control(requests: readonly ControlRequest[]): Promise<readonly ControlAnswer[]>;
  /** Pauses a queue until it is resumed. */
  pauseQueue(pause: QueueControl): Promise<QueueControlAnswer>;
  resumeQueue(resume: QueueControl): Promise<QueueControlAnswer>;
  /** Deletes for good what is set aside, and resolves with how many were deleted. Unknown numbers are ignored. */
  discardSetAside(discard: SetAsideDiscard): Promise<number>;
  /** All paused queues, by name. */
  pauses(): Promise<readonly QueuePause[]>;
  /** What control has decided for the queues of a worker. Reads only. */
  view(request: ControlViewRequest): Promise<ControlView>;
  /** The worker asked just now. Workers that were not seen for `FORGET_WORKER_AFTER_MS` are forgotten. */
  noteWorker(worker: WorkerPresence): Promise<void>;
  /** The worker has stopped: it is in no list of {@link workers} any more. Does nothing for an unknown one. */
  forgetWorker(instanceId: string): Promise<void>;
  /** Workers that were seen in the last `withinMs` milliseconds, by `workerId`. */
  workers(withinMs: number): Promise<readonly SeenWorker[]>;
  /** What was done, newest first. */
  audit(request: AuditRequest): Promise<readonly AuditEntry[]>;
  /** Creates an operation that has no jobs yet. */
  createOperation(request: OperationRequest): Promise<OperationRecord>;
  /** Adds jobs, each once, while the operation is `collecting`; does nothing in any other state. At most 1,000 ids in one call. */
  addToOperation(operationId: string, jobIds: readonly string[]): Promise<void>;
  /** All its jobs are added: it is `running`, or `done` if it has none. Does nothing unless it is `collecting`. */
  runOperation(operationId: string): Promise<OperationRecord | undefined>;
  /**
   * Gives the caller an operation to work on for `leaseMs`: this one, or the oldest that runs. Undefined when there is none that nobody else works on.
   * `holder` tells callers apart: who has it may take it again. Operations that are `collecting`, and to which nothing was added for an hour, are
   * `stopped` by any call.
   */
  claimOperation(claim: OperationClaim): Promise<OperationRecord | undefined>;
  /**
   * Carries the operation out for its next `limit` jobs, or fewer when their payloads are large, in one step: what is done to a job and that its item is
   * done are stored together, so that a crash never does it twice and leaves none out. A job that the ledger cannot change is `failed`, and
   * the others are done. The lease is renewed. Does nothing for an operation that does not run or that another holder has.
   */
  workOperation(
    claim: OperationClaim & { readonly operationId: string; readonly limit: number },
  ): Promise<OperationSlice>;
  /**
   * Adds workers that do not ask what is decided to those that an operation names; of each its newest start is kept. Does nothing for an operation that
   * is not known.
   */
  noteUnaware(operationId: string, workers: readonly UnawareWorker[]): Promise<void>;
  /** Stops an operation: its other jobs stay as they are. Does nothing when it has ended. Undefined when there is none of that id. */
  stopOperation(operationId: string, author: ControlAuthor): Promise<OperationRecord | undefined>;
  operation(operationId: string): Promise<OperationRecord | undefined>;
  /** Newest first; 1 to 500. */
  operations(limit: number): Promise<readonly OperationRecord[]>;
  /** Its items from number `from` on, in order; 1 to 1,000. */
  operationItems(operationId: string, from: number, limit: number): Promise<readonly OperationItem[]>;
}

/** Who works on an operation, and for how long. */
export interface OperationClaim {
  readonly operationId?: string;
  readonly holder: string;
  /** In milliseconds. */
  readonly leaseMs: number;
}
