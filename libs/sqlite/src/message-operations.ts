import type { Failure, JobMessage } from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from './libsql.ts';

/** A message on its way in. */
export interface MessageInput {
  readonly message: JobMessage;
  readonly delayMs: number;
}

/** A message in the hands of this process. */
export interface ClaimedMessage {
  readonly seq: number;
  readonly message: JobMessage;
  readonly redelivered: boolean;
}

/** What a claim found. */
export interface Claimed {
  readonly messages: readonly ClaimedMessage[];
  /** Milliseconds until the next message of the queue falls due; undefined when none waits. */
  readonly nextDueInMs: number | undefined;
}

/** How a claimed message is settled. */
export interface SettleInput {
  readonly seq: number;
  readonly requeue?: MessageInput;
  readonly deadLetter?: { readonly message: JobMessage; readonly failure: Failure };
  /** Events as JSON, if any. */
  readonly events?: string;
}

const MESSAGE_COLUMNS = 'queue, id, kind, version, attempt, created_at, held_ms, headers, body';

/** The operations on messages. `claimant` is the number of this open database; every time is in milliseconds since 1970. */
export function createMessageOperations(connection: SqlConnection, claimant: number) {
  const insert = connection.prepare(
    `INSERT INTO message (${MESSAGE_COLUMNS}, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertDead = connection.prepare(
    `INSERT INTO dead_letter (${MESSAGE_COLUMNS}, failure_code, failure_message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const promote = connection.prepare(
    'UPDATE message SET due_at = NULL WHERE queue = ? AND claim IS NULL AND due_at IS NOT NULL AND due_at <= ?',
  );
  const take = connection.prepare(
    `UPDATE message SET claim = ${claimant} WHERE seq IN (SELECT seq FROM message
       WHERE queue = ? AND claim IS NULL AND due_at IS NULL ORDER BY seq LIMIT ?)
     RETURNING seq, redelivered, ${MESSAGE_COLUMNS}`,
  );
  const nextDue = connection.prepare(
    'SELECT min(due_at) AS due_at FROM message WHERE queue = ? AND claim IS NULL AND due_at IS NOT NULL',
  );
  const remove = connection.prepare(`DELETE FROM message WHERE seq = ? AND claim = ${claimant}`);
  const release = connection.prepare(
    `UPDATE message SET claim = NULL, redelivered = 1 WHERE seq = ? AND claim = ${claimant}`,
  );
  const releaseAll = connection.prepare('UPDATE message SET claim = NULL, redelivered = 1 WHERE claim = ?');
  const insertEvent = connection.prepare('INSERT INTO event (events) VALUES (?)');
  const countReady = connection.prepare(
    'SELECT count(*) AS count FROM message WHERE queue = ? AND claim IS NULL AND (due_at IS NULL OR due_at <= ?)',
  );
  const countDead = connection.prepare('SELECT count(*) AS count FROM dead_letter WHERE queue = ?');
  const hasClaimable = connection.prepare(
    `SELECT EXISTS (SELECT 1 FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NULL)
       OR EXISTS (SELECT 1 FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NOT NULL AND due_at <= ?2) AS found`,
  );

  // One millisecond on top of a delay, because `now` is cut to whole ones: never early.
  function publish(inputs: readonly MessageInput[], now: number): void {
    for (const { message, delayMs } of inputs)
      insert.run(...toValues(message), delayMs > 0 ? now + delayMs + 1 : null);
  }

  return {
    publish,
    claim(queue: string, limit: number, now: number): Claimed {
      promote.run(queue, now);
      const rows = limit > 0 ? take.all(queue, limit) : [];
      const messages = rows
        .map((row) => ({
          seq: Number(row['seq']),
          message: toMessage(row),
          redelivered: row['redelivered'] === 1,
        }))
        .sort((a, b) => a.seq - b.seq);
      const dueAt = messages.length < limit ? nextDue.get(queue)?.['due_at'] : undefined;
      return { messages, nextDueInMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : undefined };
    },
    /** False for a message that this process no longer holds: then nothing was done. */
    settle({ seq, requeue, deadLetter, events }: SettleInput, now: number): boolean {
      if (remove.run(seq) === 0) return false;
      if (requeue !== undefined) publish([requeue], now);
      if (deadLetter !== undefined) {
        const { message, failure } = deadLetter;
        insertDead.run(...toValues(message), failure.code, failure.message);
      }
      if (events !== undefined) insertEvent.run(events);
      return true;
    },
    release(seqs: readonly number[]): void {
      for (const seq of seqs) release.run(seq);
    },
    releaseClaimsOf(other: number): void {
      releaseAll.run(other);
    },
    hasClaimable: (queue: string, now: number): boolean => hasClaimable.get(queue, now)?.['found'] === 1,
    inspect: (queues: readonly string[], now: number) =>
      queues.map((queue) => ({
        queue,
        ready: Number(countReady.get(queue, now)?.['count'] ?? 0),
        dead: Number(countDead.get(queue)?.['count'] ?? 0),
      })),
  };
}

function toValues({
  queue,
  id,
  kind,
  version,
  attempt,
  createdAt,
  heldMs,
  headers,
  body,
}: JobMessage): SqlValue[] {
  const headerNames = Object.keys(headers);
  return [
    queue,
    id,
    kind,
    version,
    attempt,
    createdAt,
    heldMs,
    headerNames.length > 0 ? JSON.stringify(headers) : null,
    body,
  ];
}

function toMessage(row: SqlRow): JobMessage {
  const headers = row['headers'];
  return {
    queue: String(row['queue']),
    id: String(row['id']),
    kind: String(row['kind']),
    version: Number(row['version']),
    attempt: Number(row['attempt']),
    createdAt: Number(row['created_at']),
    heldMs: Number(row['held_ms']),
    headers: typeof headers === 'string' ? (JSON.parse(headers) as Record<string, string>) : {},
    body: row['body'] as Uint8Array,
  };
}
