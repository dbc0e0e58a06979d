import {
  DEFAULT_PRIORITY,
  type EventPosition,
  type Failure,
  type HistoryPolicy,
  isJobPriority,
  type JobRecord,
  type JobState,
  type Json,
  keepsBody,
  type ProgressDetails,
  redactFailure,
} from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from '../file/libsql.ts';
import { toHeaders } from './message-rows.ts';

/**
 * The columns of a job that events change, in the order in which {@link toChangingCells} gives their values. Those from `next_due_at` on are empty once
 * a job has succeeded without a failed attempt.
 */
export const CHANGING_COLUMNS = [
  'state',
  'attempt',
  'max_attempts',
  'settled_attempt',
  'updated_at',
  'started_at',
  'finished_at',
  'worker_id',
  'next_due_at',
  'progress',
  'runs_on',
  'suspect_starts',
  'newest',
  'failure_position',
  'generation',
  'attempt_budget',
] as const;

/** The columns of a job's record, in the order in which {@link toJobRecord} reads them. */
export const RECORD_COLUMNS = [
  'id',
  'kind',
  'queue',
  'priority',
  'created_at',
  'parent_id',
  'tags',
  'history',
  ...CHANGING_COLUMNS,
].join(', ');

/** What of a job does not fit into columns: cells of `job_body`. */
export const BODY_COLUMNS = 'payload, headers, result, failure, redact';

/** Prepares to read the record of a job: by one statement, because what belongs together must be read at one moment. */
export function prepareRecord(connection: SqlConnection): (id: string) => JobRecord | undefined {
  const columns = [...RECORD_COLUMNS.split(', '), ...BODY_COLUMNS.split(', ')].map((name) =>
    name === 'id' ? 'job.id' : name,
  );
  const find = connection.prepare(
    `SELECT ${columns.join(', ')} FROM job LEFT JOIN job_body USING (id) WHERE job.id = ?`,
  );
  const bodyAt = columns.length - BODY_COLUMNS.split(', ').length;
  return (id) => {
    const row = find.get(id);
    return row && withBody(toJobRecord(row.slice(0, bodyAt)), row.slice(bodyAt));
  };
}

/** The values of {@link CHANGING_COLUMNS}. */
export function toChangingCells(record: JobRecord): readonly SqlValue[] {
  return [
    record.state,
    record.attempt,
    record.maxAttempts,
    record.settledAttempt,
    record.updatedAt,
    record.startedAt ?? null,
    record.finishedAt ?? null,
    record.workerId ?? null,
    record.dueAt ?? null,
    toProgressCell(record),
    record.runsOn ?? null,
    record.suspectStarts ?? null,
    toPositionCell(record.newest),
    toPositionCell(record.failurePosition),
    record.generation ?? null,
    record.attemptBudget ?? null,
  ];
}

/** The record of a row of {@link RECORD_COLUMNS}: without what is in {@link BODY_COLUMNS}. */
export function toJobRecord(row: SqlRow): JobRecord {
  const [
    id,
    kind,
    queue,
    priority,
    createdAt,
    parentId,
    tags,
    history,
    state,
    attempt,
    maxAttempts,
    settledAttempt,
    updatedAt,
    ...rest
  ] = row;
  const [startedAt, finishedAt, workerId, dueAt, progress, runsOn, suspectStarts, ...more] = rest;
  const [newest, failedAt, generation, attemptBudget] = more;
  const record: Writable<JobRecord> = {
    id: String(id),
    kind: String(kind),
    queue: String(queue),
    state: String(state) as JobState,
    attempt: Number(attempt),
    maxAttempts: Number(maxAttempts),
    settledAttempt: Number(settledAttempt),
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
  };
  if (isJobPriority(priority) && priority !== DEFAULT_PRIORITY) record.priority = priority;
  if (typeof parentId === 'string') record.parentId = parentId;
  if (typeof tags === 'string') record.tags = JSON.parse(tags) as string[];
  if (typeof history === 'string') record.history = history as HistoryPolicy;
  if (typeof startedAt === 'number') record.startedAt = startedAt;
  if (typeof finishedAt === 'number') record.finishedAt = finishedAt;
  if (typeof dueAt === 'number') record.dueAt = dueAt;
  if (progress !== null && progress !== undefined) Object.assign(record, toProgress(progress));
  if (typeof runsOn === 'string') record.runsOn = runsOn;
  if (typeof workerId === 'string') record.workerId = workerId;
  if (typeof suspectStarts === 'number') record.suspectStarts = suspectStarts;
  if (typeof newest === 'string') record.newest = toPosition(newest);
  if (typeof generation === 'number') record.generation = generation;
  if (typeof attemptBudget === 'number') record.attemptBudget = attemptBudget;
  if (typeof failedAt === 'string') record.failurePosition = toPosition(failedAt);
  return record;
}

/** `record` with what a row of {@link BODY_COLUMNS} holds; undefined for no row. Of the result `null`, nothing is stored. */
export function withBody(record: JobRecord, body: SqlRow | undefined): JobRecord {
  const [payload, headers, result, failure, redact] = body ?? [];
  const whole: Writable<JobRecord> = { ...record };
  if (payload instanceof Uint8Array) whole.payload = toPayload(payload);
  if (typeof headers === 'string') whole.headers = toHeaders(headers);
  if (typeof failure === 'string') whole.failure = JSON.parse(failure) as Failure;
  if (typeof result === 'string') whole.result = JSON.parse(result) as Json;
  else if (record.state === 'succeeded' && keepsBody(record.history, record.state)) whole.result = null;
  if (typeof redact === 'string') whole.redact = JSON.parse(redact) as string[];
  return whole;
}

/** The failure in a row of `job_body`, and what it is masked by: read by {@link toShownFailure}. A payload is only read where it has something to mask. */
export const SHOWN_FAILURE = 'failure, redact, iif(redact IS NULL OR failure IS NULL, NULL, payload)';

/** The failure of a row of {@link SHOWN_FAILURE}, with redacted values masked. Not read by SQLite, which makes invalid UTF-8 of a lone surrogate. */
export function toShownFailure([text, redact, payload]: SqlRow): Failure | undefined {
  if (typeof text !== 'string') return undefined;
  const failure = JSON.parse(text) as Failure;
  if (typeof redact !== 'string' || !(payload instanceof Uint8Array)) return failure;
  return redactFailure(failure, toPayload(payload), JSON.parse(redact) as string[]);
}

/** The payload in a cell. */
export function toPayload(cell: Uint8Array): Json {
  return JSON.parse(decoder.decode(cell)) as Json;
}

const decoder = new TextDecoder();

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Texts of a job, such as its tags, as they are kept: JSON, or nothing for none. */
export function toTextsCell(texts: readonly string[] | undefined): string | null {
  return texts === undefined ? null : JSON.stringify(texts);
}

/** A number; with what a handler reported besides, JSON: that needs no column, which would cost every update of every job. */
function toProgressCell({ progress, progressDetails }: JobRecord): SqlValue {
  if (progressDetails === undefined) return progress ?? null;
  return JSON.stringify({ progress, ...progressDetails });
}

function toProgress(cell: SqlValue): Pick<JobRecord, 'progress' | 'progressDetails'> {
  const reported = JSON.parse(String(cell)) as number | (ProgressDetails & { readonly progress: number });
  if (typeof reported === 'number') return { progress: reported };
  const { progress, ...progressDetails } = reported;
  return { progress, progressDetails };
}

function toPositionCell(position: EventPosition | undefined): string | null {
  if (position === undefined) return null;
  const { attempt, phase, run, at } = position;
  return `${attempt} ${phase} ${run} ${at}`;
}

function toPosition(cell: string): EventPosition {
  const [attempt, phase, run, at] = cell.split(' ');
  return {
    attempt: Number(attempt),
    phase: phase as EventPosition['phase'],
    run: Number(run),
    at: Number(at),
  };
}
