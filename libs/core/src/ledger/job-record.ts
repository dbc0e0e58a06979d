import type { Failure } from '../errors/failure.ts';
import type { EventPosition } from '../events/event-position.ts';
import type { ProgressEvent } from '../events/events.ts';
import type { HistoryPolicy } from '../job/history-policy.ts';
import { DEFAULT_PRIORITY, type JobPriority } from '../job/priority.ts';
import type { JobState } from '../job/states.ts';
import type { Json } from '../json/json.ts';

/** What a handler reported besides how far it is, from 0 to 1. */
export type ProgressDetails = Pick<ProgressEvent, 'done' | 'total' | 'text'>;

/** What the ledger knows of a job. Moments are milliseconds since 1970. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  /** How urgent it is; absent when it is normal, and when only events of another producer are known. */
  readonly priority?: JobPriority;
  readonly state: JobState;
  /** How often control has superseded it; absent for 0. Events of lower generations no longer change the record. */
  readonly generation?: number;
  /** The newest attempt known of, from 1; 0 before the first began. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** The attempts that the job had at first, and gets again with a retry; absent until it was retried: `maxAttempts` says it. */
  readonly attemptBudget?: number;
  /** The newest attempt that is known to have ended: its outcome is recorded, or an event of a later attempt is. 0 when none is. */
  readonly settledAttempt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the newest attempt began. */
  readonly startedAt?: number;
  /** When it became terminal. */
  readonly finishedAt?: number;
  /** When the next attempt is due, while it is scheduled, retrying or held. */
  readonly dueAt?: number;
  /** How far the attempt under way is, from 0 to 1. */
  readonly progress?: number;
  /** What its handler said besides; absent when that was nothing. */
  readonly progressDetails?: ProgressDetails;
  /** The worker that made the newest start known of, while the job is running: the `instanceId` of an event, or else its `workerId`. */
  readonly runsOn?: string;
  /** The `workerId` of the newest event that moved it, while that event has one. */
  readonly workerId?: string;
  /** Starts that may have killed their process, and of which no end is known; absent when there is none. */
  readonly suspectStarts?: number;
  /** Absent when the ledger met the job through an event of another producer, and when `history` says that it is not kept. */
  readonly payload?: Json;
  readonly result?: Json;
  /** Why the newest failed attempt failed. */
  readonly failure?: Failure;
  /** What was sent along when it was enqueued, such as `traceparent`; absent when nothing was, or that is not known. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The job that enqueued it; absent for none, and when only events are known. */
  readonly parentId?: string;
  /** What its producer and its definition call it; absent for none, and when only events are known. */
  readonly tags?: readonly string[];
  /** Of which finished jobs of its kind payload, headers and result are kept; absent for `all`, and when only events are known. */
  readonly history?: HistoryPolicy;
  /** Paths in payload and result whose values are masked when they are shown; absent for none, and when only events are known. */
  readonly redact?: readonly string[];
  /** Where the newest event that moved it stands; absent while that is the outcome of `settledAttempt`, or none. */
  readonly newest?: EventPosition;
  /** Where the event stands that `failure` is from; present when `failure` is. */
  readonly failurePosition?: EventPosition;
}

/** What the ledger needs to know of a job that was just accepted. */
export interface Acceptance {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  readonly priority: JobPriority;
  readonly maxAttempts: number;
  readonly createdAt: number;
  /** Whole milliseconds before its first attempt. */
  readonly delayMs: number;
  readonly payload: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parentId?: string;
  readonly tags?: readonly string[];
  readonly history?: HistoryPolicy;
  readonly redact?: readonly string[];
}

/** The record of a job that was just accepted. */
export function toRecord(acceptance: Acceptance): JobRecord {
  const { id, kind, queue, priority, maxAttempts, createdAt, delayMs, payload } = acceptance;
  const { headers, parentId, tags, history, redact } = acceptance;
  return {
    id,
    kind,
    queue,
    ...(priority === DEFAULT_PRIORITY ? {} : { priority }),
    state: delayMs > 0 ? 'scheduled' : 'queued',
    attempt: 0,
    maxAttempts,
    settledAttempt: 0,
    createdAt,
    updatedAt: createdAt,
    ...(delayMs > 0 ? { dueAt: createdAt + delayMs } : {}),
    payload,
    ...(headers === undefined ? {} : { headers }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(tags === undefined ? {} : { tags }),
    ...(history === undefined ? {} : { history }),
    ...(redact === undefined ? {} : { redact }),
  };
}
