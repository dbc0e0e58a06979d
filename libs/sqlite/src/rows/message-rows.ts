import {
  DEFAULT_PRIORITY,
  isJobPriority,
  type JobMessage,
  MESSAGE_VERSION,
  type OutgoingMessage,
} from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';

/** The columns of a message, in the order in which {@link toMessageRow} gives their values. */
export const MESSAGE_COLUMNS =
  'queue, id, kind, priority, version, attempt, max_attempts, created_at, held_ms, crashes, snoozes, generation, headers, body';

/** The columns of a message on its way in, in the order in which {@link toOutgoingRow} gives their values. */
export const OUTGOING_COLUMNS = `${MESSAGE_COLUMNS}, due_at, resent`;

/** What a message has in some of the {@link OUTGOING_COLUMNS} when its job is new and has no options. */
export const USUAL_VALUES = {
  priority: DEFAULT_PRIORITY,
  version: MESSAGE_VERSION,
  attempt: 1,
  max_attempts: null,
  held_ms: 0,
  crashes: 0,
  snoozes: 0,
  generation: 0,
  headers: null,
  due_at: null,
  resent: 0,
} as const;

/**
 * A message that goes out at `now`, in the time of the file, as the values of {@link OUTGOING_COLUMNS}: a list, because objects
 * are three times as dear to hand to another thread.
 */
export function toOutgoingRow({ message, delayMs, isResent }: OutgoingMessage, now: number): SqlRow {
  // One millisecond on top of a delay, because `now` is cut to whole ones: never early.
  return [...toMessageRow(message), delayMs > 0 ? now + delayMs + 1 : null, isResent ? 1 : 0];
}

/** A message as the values of {@link MESSAGE_COLUMNS}. */
export function toMessageRow(message: JobMessage): SqlRow {
  const { queue, id, kind, priority, version, attempt, maxAttempts, createdAt } = message;
  const { heldMs, crashes, snoozes, generation, headers, body } = message;
  return [
    queue,
    id,
    kind,
    priority,
    version,
    attempt,
    maxAttempts ?? null,
    createdAt,
    heldMs,
    crashes,
    snoozes,
    generation,
    toHeaderCell(headers),
    body,
  ];
}

/** The message that a row of {@link MESSAGE_COLUMNS} holds. */
export function toMessage(row: SqlRow): JobMessage {
  const [queue, id, kind, priority, version, attempt, maxAttempts, createdAt, ...rest] = row;
  const [heldMs, crashes, snoozes, generation, headers, body] = rest;
  return {
    queue: String(queue),
    id: String(id),
    kind: String(kind),
    priority: isJobPriority(priority) ? priority : DEFAULT_PRIORITY,
    version: Number(version),
    attempt: Number(attempt),
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : undefined,
    createdAt: Number(createdAt),
    heldMs: Number(heldMs),
    crashes: Number(crashes),
    snoozes: Number(snoozes),
    generation: Number(generation),
    headers: toHeaders(headers),
    body: body as Uint8Array,
  };
}

/** Headers as they are kept: JSON, or nothing for none. */
export function toHeaderCell(headers: JobMessage['headers']): string | null {
  for (const _name in headers) return JSON.stringify(headers);
  return null;
}

/** The headers of a cell made by {@link toHeaderCell}. */
export function toHeaders(cell: SqlRow[number] | undefined): JobMessage['headers'] {
  return typeof cell === 'string' ? (JSON.parse(cell) as Record<string, string>) : {};
}
