import type { ControlAction, ControlAnswer, ControlAuthor } from './control-request.ts';
import type { UnawareWorker } from './unaware-workers.ts';

/** Where an operation stands. */
export type OperationState =
  /** Its jobs are being chosen: nothing is done yet. */
  | 'collecting'
  | 'running'
  /** Somebody stopped it, or its process died before all its jobs were chosen. */
  | 'stopped'
  | 'done';

/** An action for many jobs. */
export interface OperationRequest extends ControlAuthor {
  readonly action: ControlAction;
  /** Which jobs, in words or as a filter, to show. */
  readonly selection: string;
  /** Most jobs a second; absent for no limit. 1 to 100,000. */
  readonly perSecond?: number;
}

/** What the ledger knows of an operation. Moments are milliseconds since 1970. */
export interface OperationRecord extends OperationRequest {
  /** A UUID, version 7. */
  readonly id: string;
  readonly state: OperationState;
  readonly createdAt: number;
  /** When it ended. */
  readonly finishedAt?: number;
  /** Its jobs, which do not change once it runs. */
  readonly total: number;
  readonly done: number;
  /** Jobs that the action did not suit any more. */
  readonly skipped: number;
  /** Jobs that the ledger could not change. */
  readonly failed: number;
  /**
   * Workers that were found while it acted on jobs of their queues, and do not ask what is decided: they may have started what it forbids. By `workerId`, at most
   * `MAX_UNAWARE_NAMED`.
   */
  readonly unaware: readonly UnawareWorker[];
}

/** What became of one job of an operation. */
export interface OperationItem {
  /** From 1, in the order in which the jobs were chosen. */
  readonly number: number;
  readonly jobId: string;
  readonly outcome: 'waiting' | 'done' | 'skipped' | 'failed';
  /** Why it was skipped or failed. */
  readonly reason?: string;
}

/** What one step of an operation did. */
export interface OperationSlice {
  /** The operation after the step; undefined when there is none of that id, or another holder has it. */
  readonly operation?: OperationRecord;
  /** What became of the jobs of this step. Jobs that failed have no answer: their items say why. */
  readonly answers: readonly ControlAnswer[];
}
