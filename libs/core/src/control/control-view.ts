/** A message that is not to be run: its job was cancelled, or runs again as a later generation. */
export interface SupersededMessage {
  readonly jobId: string;
  /** Messages of the job of this generation and of lower ones are not to be run. */
  readonly generation: number;
}

/** A queue from which no worker starts jobs. */
export interface QueuePause {
  readonly queue: string;
  /** Who paused it, such as `root@web-1`. */
  readonly by: string;
  readonly reason?: string;
  /** Since when, in milliseconds since 1970. */
  readonly at: number;
}

/** A worker asks what control has decided for its queues. */
export interface ControlViewRequest {
  readonly instanceId: string;
  readonly queues: readonly string[];
  /** What the worker knows already: the `seq` of the newest view that it has; 0 for nothing. */
  readonly afterSeq: number;
  /** Present in the first request of a worker, and in one of a few later: what operators are shown of it. */
  readonly presence?: WorkerPresence;
}

/** Most superseded messages in one view. */
export const MAX_VIEW_ENTRIES = 1_000;

/** What control has decided for some queues. */
export interface ControlView {
  /** Grows with every decision, of whatever queue. It stands for everything up to the last entry of `superseded`. */
  readonly seq: number;
  /** What is superseded since `afterSeq`, oldest first, at most {@link MAX_VIEW_ENTRIES}. */
  readonly superseded: readonly SupersededMessage[];
  /** False when there is more: the worker asks again with the new `seq`. */
  readonly isComplete: boolean;
  /** How many messages of these queues are superseded in all: a worker that holds many more has missed that they are gone. */
  readonly supersededCount: number;
  /** Of these queues. */
  readonly paused: readonly QueuePause[];
}

/** The view where nothing was decided. */
export const NOTHING_DECIDED: ControlView = {
  seq: 0,
  superseded: [],
  isComplete: true,
  supersededCount: 0,
  paused: [],
};

/** Most jobs that run in one {@link WorkerLoad}. */
export const MAX_RUNNING_JOBS = 20;

/** The slots of one queue of a worker. */
export interface QueueSlots {
  readonly queue: string;
  /** Handlers that run at the same time. */
  readonly size: number;
  /** Slots in use, also those whose handlers ignore their abort signal. */
  readonly busy: number;
}

/** A job whose handler runs. */
export interface RunningJob {
  readonly jobId: string;
  readonly kind: string;
  readonly queue: string;
  /** When this attempt started, by the clock of its worker, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** What a worker does, measured every few seconds. */
export interface WorkerLoad {
  /** Resident memory of its process, without child processes, in bytes. */
  readonly rssBytes: number;
  /** CPU time of its process since the measurement before, as a share of one core: more than 1 when several threads are busy. Child processes do not count. */
  readonly cpuShare: number;
  /** By how much its event loop was late since the measurement before: the 99th percentile, in milliseconds. */
  readonly eventLoopDelayMs: number;
  readonly slots: readonly QueueSlots[];
  /** The jobs that run, those that started first at the beginning, at most {@link MAX_RUNNING_JOBS}. */
  readonly running: readonly RunningJob[];
}

/** A worker as operators see it. */
export interface WorkerPresence {
  /** This run of the worker. */
  readonly instanceId: string;
  readonly workerId: string;
  /** Name of the machine it runs on. */
  readonly host: string;
  readonly pid: number;
  /** Version of the code of its handlers. */
  readonly version: string;
  readonly queues: readonly string[];
  /** Kinds of jobs that it has handlers for. */
  readonly kinds: readonly string[];
  /** Handlers of one queue that run at the same time. */
  readonly concurrency: number;
  /** When it started, by its own clock, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Absent of workers of earlier builds. */
  readonly load?: WorkerLoad;
}

/** A worker that has asked lately. */
export interface SeenWorker extends WorkerPresence {
  /** When it last asked, to some seconds, in milliseconds since 1970. */
  readonly seenAt: number;
}

/** For so long after it was asked for, in milliseconds by the worker's monotonic clock, a view is fresh. With an older one no job starts. */
export const VIEW_FRESH_MS = 1_000;

/**
 * A worker that was noted within this time, in milliseconds, counts as there: it may have a view that is fresh. One that asks is noted more often,
 * and one that was not noted for so long is noted before it is answered.
 */
export const SEEN_WITHIN_MS = 15_000;

/** A worker that has not asked for so long, in milliseconds, is forgotten. Until then it is known as one that asks, whether it has stopped or not. */
export const FORGET_WORKER_AFTER_MS = 3_600_000;

/** How long after a decision no worker can start what it forbids, in milliseconds: every older view has run out. */
export const VIEW_RUNS_OUT_MS = 1_200;

/** With nobody to ask for so long, in milliseconds, a worker starts what it has. */
export const CONTROL_AWAY_MS = 30_000;

/** Where a worker learns what control has decided: a ledger in this process, or one that is asked over the live channel. */
export interface ControlSource {
  /**
   * What control has decided at a moment between the call and the answer. The worker counts as seen before that moment, so whoever decides something
   * later knows of it.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used, or nobody with a ledger answers.
   */
  view(request: ControlViewRequest): Promise<ControlView>;
  /** The worker has stopped. @throws {LeveretError} as {@link view} does. */
  leave(instanceId: string): Promise<void>;
}
