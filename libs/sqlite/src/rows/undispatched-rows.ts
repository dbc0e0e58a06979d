import {
  DEFAULT_PRIORITY,
  isJobPriority,
  MESSAGE_VERSION,
  nextAttemptOf,
  type OutgoingMessage,
} from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';
import { toHeaders } from './message-rows.ts';

/** The columns of an undispatched job that its message is made of, in the order in which {@link toOutgoing} reads them. */
export const UNDISPATCHED_COLUMNS =
  'id, kind, queue, priority, created_at, generation, settled_attempt, max_attempts, due_at';

/**
 * The message of an undispatched job at `now`, in the time of the file. That of a job that control has superseded says how many attempts the job
 * gets, because its definition does not know.
 *
 * @param row Of {@link UNDISPATCHED_COLUMNS}.
 * @param body Of `job_body`: begins with payload and headers.
 */
export function toOutgoing(row: SqlRow, [payload, headers]: SqlRow, now: number): OutgoingMessage {
  const [id, kind, queue, priority, createdAt, generation, settledAttempt, maxAttempts, dueAt] = row;
  return {
    message: {
      version: MESSAGE_VERSION,
      id: String(id),
      kind: String(kind),
      queue: String(queue),
      priority: isJobPriority(priority) ? priority : DEFAULT_PRIORITY,
      attempt: nextAttemptOf({ settledAttempt: Number(settledAttempt) }),
      ...(typeof generation === 'number' ? { maxAttempts: Number(maxAttempts) } : {}),
      createdAt: Number(createdAt),
      heldMs: 0,
      crashes: 0,
      snoozes: 0,
      generation: Number(generation ?? 0),
      headers: toHeaders(headers),
      body: payload as Uint8Array,
    },
    delayMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0,
  };
}
