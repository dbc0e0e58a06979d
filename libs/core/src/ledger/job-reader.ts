import type { ActivityReader } from '../activity/activity-reader.ts';
import type { AuditEntry } from '../control/control-store.ts';
import type { UnawareWorker } from '../control/unaware-workers.ts';
import type { JobState } from '../job/states.ts';
import type { LoggedLine } from '../logging/logged-line.ts';
import type { AttemptRecord } from './attempt-record.ts';
import type { JobRecord } from './job-record.ts';
import type { KindFilter } from './kind-filter.ts';
import type { RecordingLag } from './recording-lag.ts';
import type { SetAsideReader } from './set-aside.ts';

/** Moments from `from` on and before `to`, in milliseconds since 1970. A bound that is left out does not limit. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** Which jobs are asked for: all conditions must hold. Without any, all jobs. */
export interface JobFilter {
  /** One of these states. */
  readonly states?: readonly JobState[];
  readonly queue?: string;
  readonly kind?: KindFilter;
  /** The `errorCode` of the newest failure, or else its `code`. */
  readonly errorCode?: string;
  /** `fingerprintOf` the newest failure. */
  readonly fingerprint?: string;
  /** The `workerId` of its newest event. */
  readonly worker?: string;
  /** The job that enqueued it. */
  readonly parentId?: string;
  /** It has all of these. */
  readonly tags?: readonly string[];
  /** What the id begins with. */
  readonly idPrefix?: string;
  readonly created?: TimeRange;
  readonly updated?: TimeRange;
}

/** By when a job was last updated; jobs of the same moment by id. */
export type JobOrder = 'newest-first' | 'oldest-first';

/** Most jobs of one page. */
export const MAX_PAGE_JOBS = 500;

/** A question for a list of jobs. */
export interface JobListRequest {
  readonly filter: JobFilter;
  readonly order: JobOrder;
  /** At most so many jobs: 1 to {@link MAX_PAGE_JOBS}. */
  readonly limit: number;
  /** Where the page before ended: its `nextCursor`. */
  readonly cursor?: string;
}

/** A job in a list: what is known of it but payload, result, headers and the details of its failure. */
export type JobSummary = Pick<
  JobRecord,
  | 'id'
  | 'kind'
  | 'queue'
  | 'priority'
  | 'state'
  | 'attempt'
  | 'maxAttempts'
  | 'createdAt'
  | 'updatedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'dueAt'
  | 'progress'
  | 'progressDetails'
  | 'parentId'
  | 'tags'
> & {
  readonly workerId?: string;
  readonly generation?: number;
  readonly errorCode?: string;
  readonly fingerprint?: string;
  /** Message of the newest failure. */
  readonly failureMessage?: string;
};

/** A page of a list. */
export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** Present when there may be more. */
  readonly nextCursor?: string;
}

/** Most entries of the audit that are given with a job. */
export const MAX_JOB_AUDIT = 100;

/** All that is known of a job, with the values at its redacted paths masked: see `redactDetails`. */
export interface JobDetails {
  readonly job: JobRecord;
  /** By generation and attempt. An attempt of which neither start nor outcome was recorded is missing. */
  readonly attempts: readonly AttemptRecord[];
  /** Since when the broker is not known to have it, in milliseconds since 1970; absent once it has. */
  readonly undispatchedSince?: number;
  /** What operators did with it, newest first, at most {@link MAX_JOB_AUDIT} entries; absent for nothing. */
  readonly audit?: readonly AuditEntry[];
}

/** What of a job is read as text. */
export type JobBodyPart = 'payload' | 'result';

/** Where the newest attempt of a job ran. */
export type NewestAttempt = Pick<AttemptRecord, 'attempt' | 'workerId' | 'host' | 'version'> & {
  readonly jobId: string;
};

/** Most tags in one answer. */
export const MAX_LISTED_TAGS = 100;

/** A line that a handler logged in an attempt of a job. */
export interface JobLogLine extends LoggedLine {
  /** From 0. */
  readonly generation: number;
  /** From 1. */
  readonly attempt: number;
}

/** How many jobs there are of one queue, kind and state. */
export interface JobCount {
  readonly queue: string;
  readonly kind: string;
  readonly state: JobState;
  /** From 1. */
  readonly count: number;
}

/** Most groups of failures in one answer. */
export const MAX_FAILURE_GROUPS = 500;

/** Most versions of a group of failures: those that were met last are kept. */
export const MAX_GROUP_VERSIONS = 10;

/** A version of an application whose attempts failed so. */
export interface FailureVersion {
  /** As its workers say it. */
  readonly version: string;
  /** When an attempt of this version first failed so. */
  readonly firstSeenAt: number;
}

/** Jobs whose newest failures have the same fingerprint. Moments are milliseconds since 1970. */
export interface FailureGroup {
  readonly fingerprint: string;
  readonly errorCode: string;
  /** Jobs that wait for their next attempt. */
  readonly retrying: number;
  readonly dead: number;
  /** When a job first came into the group. */
  readonly firstSeenAt: number;
  /** When a job last failed so. */
  readonly lastSeenAt: number;
  /** The kinds of its jobs, in order. */
  readonly kinds: readonly string[];
  /** The versions of the workers whose attempts failed so, the one that was met last first; at most {@link MAX_GROUP_VERSIONS}. Empty when no worker said its version. */
  readonly versions: readonly FailureVersion[];
  /** The job that failed last, and the message of its failure, unless that has changed since. */
  readonly sample: { readonly jobId: string; readonly message?: string };
}

/** Up to so many jobs are counted for a filter that the exact counts do not answer. */
export const MAX_FILTERED_COUNT = 10_000;

/** How many jobs a filter selects. */
export interface FilteredCount {
  readonly count: number;
  /** False when there are more. */
  readonly isExact: boolean;
  /** How many of them are in each state, without those that have none; absent when there are more. */
  readonly byState?: Readonly<Partial<Record<JobState, number>>>;
}

/**
 * Reads the ledger, to show it: values at the redacted paths of a job are masked, also in the messages of failures. Never delays those who
 * write to it. Every method throws {@link LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be read.
 */
export interface JobReader {
  /** The job, or undefined when there is none of that id. */
  get(id: string): Promise<JobDetails | undefined>;
  /**
   * Payload or result of a job as JSON, as the ledger keeps it, so that numbers have all their digits; the values at its redacted paths are replaced. Undefined for a
   * job that is not there, or has none.
   */
  bodyText(id: string, part: JobBodyPart): Promise<string | undefined>;
  /** Keys of the files and folders that a job refers to (`LedgerEntry.blobs`), in order. None for an unknown job. */
  blobKeys(id: string): Promise<readonly string[]>;
  /** The newest attempts of these jobs, of each at most one; none of jobs without attempts. @throws {RangeError} for more than {@link MAX_PAGE_JOBS} ids. */
  newestAttempts(ids: readonly string[]): Promise<readonly NewestAttempt[]>;
  /**
   * The lines that the handlers of a job logged, by generation and attempt, those of an attempt oldest first; none for a job that is not there.
   * At most `MAX_LOGGED_LINES`, and `MAX_LOGGED_BYTES` of them: older ones were deleted.
   */
  logLines(id: string): Promise<readonly JobLogLine[]>;
  /**
   * The jobs that a filter selects, a page at a time. Every job that neither changes nor is deleted meanwhile is on exactly one page.
   * @throws {LeveretError} `CURSOR_INVALID` for a cursor of another list, and `QUERY_TOO_BROAD` when the answer takes longer than 2 s: it says how
   *   many jobs were searched.
   * @throws {RangeError} for a limit out of bounds.
   */
  list(request: JobListRequest): Promise<JobPage>;
  /**
   * These jobs as {@link list} shows them, in this order; those that are not there are left out.
   * @throws {RangeError} for more than {@link MAX_PAGE_JOBS} ids.
   */
  summaries(ids: readonly string[]): Promise<readonly JobSummary[]>;
  /**
   * How many jobs a filter selects: exact when it has only states, queue and kind, otherwise exact up to {@link MAX_FILTERED_COUNT}.
   * @throws {LeveretError} `QUERY_TOO_BROAD` as {@link list} does.
   */
  count(filter: JobFilter): Promise<FilteredCount>;
  /** How many jobs there are, by queue, kind and state: exact. Only combinations that have jobs. */
  counts(): Promise<readonly JobCount[]>;
  /** Tags of jobs that begin with `prefix`, in order, the first `limit`: from 1 to {@link MAX_LISTED_TAGS}. @throws {RangeError} for a limit out of bounds. */
  tags(prefix: string, limit: number): Promise<readonly string[]>;
  /**
   * Groups of failures that have retrying or dead jobs, those that failed last first.
   * @param limit From 1 to {@link MAX_FAILURE_GROUPS}.
   * @throws {RangeError} for a limit out of bounds.
   */
  failureGroups(limit: number): Promise<readonly FailureGroup[]>;
  /** The group of a fingerprint, also without retrying and dead jobs; undefined when no job ever failed so. */
  failureGroup(fingerprint: string): Promise<FailureGroup | undefined>;
  /**
   * How far the ledger may be behind what has happened: of all answers that are asked for later, this says how old they may be. From the last report
   * of a recorder; events that wait in the ledger's own file say it exactly.
   */
  lag(): Promise<RecordingLag>;
  /**
   * Workers that started jobs of `queue` at `since` or later, in milliseconds since 1970, and have not asked what control has decided: see `findUnaware`.
   * Found among the jobs of the queue that changed last, some hundred of each kind and state.
   */
  unawareWorkers(queue: string, since: number): Promise<readonly UnawareWorker[]>;
  /** What the ledger has set aside. */
  readonly setAside: SetAsideReader;
  /** What happens in it. */
  readonly activity: ActivityReader;
  /** Closes. Safe to call twice. */
  close(): Promise<void>;
}
