import {
  type AcceptedEvent,
  type ForeignEvent,
  isKnownEvent,
  isOutcome,
  type JobEvent,
  type JobEventBase,
  type OutcomeEvent,
} from './events.ts';
import type { Failure } from './failure.ts';
import type { Json } from './json.ts';
import { DEFAULT_PRIORITY, type JobPriority } from './priority.ts';
import { JOB_STATES, type JobState } from './states.ts';

/** What the ledger knows of a job. Moments are milliseconds since 1970. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  /** How urgent it is; absent when it is normal, and when only events of another producer are known. */
  readonly priority?: JobPriority;
  readonly state: JobState;
  /** The newest attempt known of, from 1; 0 before the first began. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** The newest attempt whose outcome is recorded; 0 when none is. */
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
  /** The worker that made the newest start known of, while the job is running: the `instanceId` of an event, or else its `workerId`. */
  readonly runsOn?: string;
  /** Starts that may have killed their process, and of which no end is known; absent when there is none. */
  readonly suspectStarts?: number;
  /** Absent when the ledger met the job through an event of another producer. */
  readonly payload?: Json;
  readonly result?: Json;
  /** Why the newest failed attempt failed. */
  readonly failure?: Failure;
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
}

/** The record of a job that was just accepted. */
export function toRecord(acceptance: Acceptance): JobRecord {
  const { id, kind, queue, priority, maxAttempts, createdAt, delayMs, payload } = acceptance;
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
  };
}

function unseenRecord(event: JobEvent): JobRecord {
  const { jobId: id, kind, queue, maxAttempts, createdAt } = event;
  return {
    id,
    kind,
    queue,
    state: 'queued',
    attempt: 0,
    maxAttempts,
    settledAttempt: 0,
    createdAt,
    updatedAt: createdAt,
  };
}

/** The record without what only its last state had to say. `attempt` is the newest that began. */
function movedTo(
  record: JobRecord,
  state: JobState,
  event: JobEvent,
  attempt = Math.max(record.attempt, event.attempt),
): JobRecord {
  const { dueAt: _due, progress: _progress, suspectStarts: _starts, runsOn: _runsOn, ...kept } = record;
  return {
    ...kept,
    state,
    attempt,
    maxAttempts: event.maxAttempts,
    updatedAt: Math.max(record.updatedAt, event.at),
  };
}

/**
 * The record after `event`. Pure, and the only place where an event changes a job. Idempotent, and safe against events that
 * come late, twice or out of order: the first outcome recorded for an attempt wins, nothing moves a terminal job, and
 * nothing moves a job back to an attempt that is settled. An event of a type that only a newer version knows changes nothing:
 * a job that was unknown before it is unknown after it.
 *
 * @param record What the ledger holds, or undefined when it never heard of the job.
 */
export function applyEvent(record: JobRecord | undefined, event: JobEvent): JobRecord;
export function applyEvent(record: JobRecord | undefined, event: ForeignEvent): JobRecord | undefined;
export function applyEvent(record: JobRecord | undefined, event: ForeignEvent): JobRecord | undefined {
  if (!isKnownEvent(event)) return record;
  if (event.type === 'accepted')
    return record === undefined ? toRecord(acceptanceOf(event)) : filled(record, event);
  const known = record ?? unseenRecord(event);
  if (JOB_STATES[known.state].terminal || event.attempt <= known.settledAttempt) return known;
  if (isOutcome(event)) return applyOutcome(known, event);
  return applyNews(known, event);
}

function acceptanceOf({
  jobId: id,
  kind,
  queue,
  priority = DEFAULT_PRIORITY,
  maxAttempts,
  createdAt,
  delayMs,
  payload,
}: AcceptedEvent): Acceptance {
  return { id, kind, queue, priority, maxAttempts, createdAt, delayMs, payload };
}

/** What a job is comes late: where it stands is known better already. */
function filled(record: JobRecord, { payload }: AcceptedEvent): JobRecord {
  return record.payload === undefined ? { ...record, payload } : record;
}

function applyOutcome(record: JobRecord, event: OutcomeEvent): JobRecord {
  const known = withStart(record, event);
  switch (event.type) {
    case 'succeeded': {
      const { failure: _failure, ...moved } = movedTo(known, 'succeeded', event);
      return { ...moved, settledAttempt: event.attempt, finishedAt: event.at, result: event.result };
    }
    case 'retried':
      return {
        ...movedTo(known, 'retrying', event),
        settledAttempt: event.attempt,
        dueAt: event.at + event.delayMs,
        failure: event.failure,
      };
    case 'dead-lettered':
      return {
        ...movedTo(known, 'dead', event),
        settledAttempt: event.attempt,
        finishedAt: event.at,
        failure: event.failure,
      };
  }
}

/** An attempt that was short, or whose start was not told, is known by its end alone. */
function withStart(record: JobRecord, { attempt, startedAt }: OutcomeEvent): JobRecord {
  if (startedAt !== undefined) return { ...record, startedAt };
  if (record.attempt === attempt) return record;
  const { startedAt: _earlier, ...rest } = record;
  return rest;
}

function applyNews(
  record: JobRecord,
  event: Extract<
    JobEvent,
    { type: 'started' | 'progress' | 'suspected' | 'crashed' | 'held' | 'snoozed' | 'handed-back' }
  >,
): JobRecord {
  switch (event.type) {
    case 'started':
      return withStarts(
        {
          ...movedTo(record, 'running', event),
          startedAt: event.at,
          runsOn: event.instanceId ?? event.workerId,
        },
        startsOf(record, event),
      );
    case 'suspected':
      return withStarts(
        { ...movedTo(record, 'running', event), startedAt: event.at },
        Math.max(event.start, startsOf(record, event)),
      );
    case 'progress':
      return record.state === 'running' && record.attempt === event.attempt
        ? { ...record, progress: event.progress, updatedAt: Math.max(record.updatedAt, event.at) }
        : record;
    case 'crashed':
      return {
        ...movedTo(record, 'queued', event),
        dueAt: event.at + event.delayMs,
        failure: event.failure,
      };
    case 'held':
      return {
        ...movedTo(record, 'queued', event, record.attempt),
        dueAt: event.at + event.delayMs,
        failure: event.failure,
      };
    case 'snoozed':
      return { ...movedTo(record, 'scheduled', event), dueAt: event.at + event.delayMs };
    case 'handed-back':
      return movedTo(record, 'queued', event);
  }
}

/** Those of an attempt before have ended: there would be no next one. */
function startsOf({ attempt, suspectStarts = 0 }: JobRecord, event: JobEventBase): number {
  return attempt === event.attempt ? suspectStarts : 0;
}

/** Told of a start, the ledger knows no more than before of how earlier ones ended. */
function withStarts(record: JobRecord, suspectStarts: number): JobRecord {
  return suspectStarts > 0 ? { ...record, suspectStarts } : record;
}
