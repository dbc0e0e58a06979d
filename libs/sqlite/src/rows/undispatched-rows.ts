import {
  DEFAULT_PRIORITY,
  isJobPriority,
  type JobRecord,
  MESSAGE_VERSION,
  nextAttemptOf,
  type OutgoingMessage,
  withParent,
} from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';
import { toHeaders } from './message-rows.ts';

/** What the message of an undispatched job says of it. */
export type UndispatchedJob = Pick<
  JobRecord,
  | 'id'
  | 'kind'
  | 'queue'
  | 'priority'
  | 'createdAt'
  | 'generation'
  | 'settledAttempt'
  | 'maxAttempts'
  | 'parentId'
>;

/** The columns of an undispatched job, in the order in which {@link toUndispatchedJob} reads them. */
export const UNDISPATCHED_COLUMNS =
  'id, kind, queue, priority, created_at, generation, settled_attempt, max_attempts, parent_id';

/** The job of a row that begins with {@link UNDISPATCHED_COLUMNS}. */
export function toUndispatchedJob(row: SqlRow): UndispatchedJob {
  const [id, kind, queue, priority, createdAt, generation, settledAttempt, maxAttempts, parentId] = row;
  return {
    id: String(id),
    kind: String(kind),
    queue: String(queue),
    ...(isJobPriority(priority) ? { priority } : {}),
    createdAt: Number(createdAt),
    ...(typeof generation === 'number' ? { generation } : {}),
    settledAttempt: Number(settledAttempt),
    maxAttempts: Number(maxAttempts),
    ...(typeof parentId === 'string' ? { parentId } : {}),
  };
}

/**
 * The message of an undispatched job. That of a job that control has superseded says how many attempts the job gets, because its definition
 * does not know.
 *
 * @param body Of `job_body`: begins with payload and headers.
 * @param delayMs How long it still waits.
 */
export function toOutgoing(
  {
    id,
    kind,
    queue,
    priority = DEFAULT_PRIORITY,
    generation = 0,
    maxAttempts,
    parentId,
    ...job
  }: UndispatchedJob,
  [payload, headers]: SqlRow,
  delayMs: number,
): OutgoingMessage {
  return {
    message: {
      version: MESSAGE_VERSION,
      id,
      kind,
      queue,
      priority,
      attempt: nextAttemptOf(job),
      ...(generation === 0 ? {} : { maxAttempts }),
      createdAt: job.createdAt,
      heldMs: 0,
      crashes: 0,
      snoozes: 0,
      generation,
      headers: withParent(toHeaders(headers), parentId),
      body: payload as Uint8Array,
    },
    delayMs,
  };
}
