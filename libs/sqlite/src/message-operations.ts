import type { Failure } from '@leveret/core';
import { createInserts } from './inserts.ts';
import type { SqlConnection, SqlRow } from './libsql.ts';
import { MESSAGE_COLUMNS, OUTGOING_COLUMNS } from './message-rows.ts';

/** What a claim found. */
export interface Claimed {
  /** Each is the number of the message, whether it was delivered before (1 or 0), and the columns of the message. */
  readonly rows: readonly SqlRow[];
  /** Milliseconds until the next message of the queue falls due; undefined when none waits, or more can be claimed now. */
  readonly nextDueInMs: number | undefined;
}

/** How a claimed message is settled. */
export interface SettleInput {
  readonly seq: number;
  /** Values of {@link OUTGOING_COLUMNS}. */
  readonly requeue?: SqlRow;
  readonly deadLetter?: { readonly row: SqlRow; readonly failure: Failure };
  /** Events as JSON, if any. */
  readonly events?: string;
}

/** What the operations on messages work with. */
export interface MessageContext {
  /** The number of this open database. */
  readonly claimant: number;
  /** Called with each message that is published. */
  readonly onPublished: (id: string) => void;
  /** Called with the time of each operation that writes a time. */
  readonly noteTime: (now: number) => void;
}

/** Of those that are ready and those that have fallen due, the first to come, and no more are looked at than are wanted. */
const CLAIMABLE = `SELECT seq FROM (
    SELECT * FROM (SELECT seq FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NULL ORDER BY seq LIMIT ?2)
    UNION ALL
    SELECT * FROM (SELECT seq FROM message
      WHERE queue = ?1 AND claim IS NULL AND due_at IS NOT NULL AND due_at <= ?3 ORDER BY due_at LIMIT ?2)
  ) ORDER BY seq LIMIT ?2`;

/** The operations on messages; every time is the file's, in milliseconds. */
export function createMessageOperations(
  connection: SqlConnection,
  { claimant, onPublished, noteTime }: MessageContext,
) {
  const inserts = createInserts(connection, { table: 'message', columns: OUTGOING_COLUMNS });
  const insertDead = connection.prepare(
    `INSERT INTO dead_letter (${MESSAGE_COLUMNS}, failure_code, failure_message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const take = connection.prepare(
    `UPDATE message SET claim = ${claimant} WHERE seq IN (${CLAIMABLE}) RETURNING seq, redelivered, ${MESSAGE_COLUMNS}`,
  );
  const nextDue = connection.prepare(
    'SELECT min(due_at) FROM message WHERE queue = ? AND claim IS NULL AND due_at IS NOT NULL',
  );
  const remove = connection.prepare(`DELETE FROM message WHERE seq = ? AND claim = ${claimant}`);
  const release = connection.prepare(
    `UPDATE message SET claim = NULL, due_at = NULL, redelivered = 1 WHERE seq = ? AND claim = ${claimant}`,
  );
  const releaseAll = connection.prepare(
    'UPDATE message SET claim = NULL, due_at = NULL, redelivered = 1 WHERE claim = ?',
  );
  const insertEvent = connection.prepare('INSERT INTO event (events) VALUES (?)');
  const countReady = connection.prepare(
    `SELECT (SELECT count(*) FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NULL)
       + (SELECT count(*) FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NOT NULL AND due_at <= ?2)`,
  );
  const countDead = connection.prepare('SELECT count(*) FROM dead_letter WHERE queue = ?');
  const claimable = connection.prepare(`SELECT EXISTS (${CLAIMABLE})`);

  function publish(rows: readonly SqlRow[], now: number): void {
    noteTime(now);
    for (const row of rows) {
      inserts.add(row);
      onPublished(String(row[1]));
    }
  }

  const operations = {
    publish,
    claim(queue: string, limit: number, now: number): Claimed {
      const rows = limit > 0 ? take.all(queue, limit, now) : [];
      const [dueAt] = (rows.length < limit ? nextDue.get(queue) : undefined) ?? [];
      return { rows, nextDueInMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : undefined };
    },
    /** False for a message that this process no longer holds: then nothing was done. */
    settle({ seq, requeue, deadLetter, events }: SettleInput, now: number): boolean {
      if (remove.run(seq) === 0) return false;
      if (requeue !== undefined) publish([requeue], now);
      if (deadLetter !== undefined) {
        const { row, failure } = deadLetter;
        // A text is cut at NUL when it is bound.
        insertDead.run(...row, failure.code, failure.message.replaceAll('\0', '\u2400'));
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
    hasClaimable: (queue: string, now: number): boolean => claimable.get(queue, 1, now)?.[0] === 1,
    inspect: (queues: readonly string[], now: number) =>
      queues.map((queue) => ({
        queue,
        ready: Number(countReady.get(queue, now)?.[0] ?? 0),
        dead: Number(countDead.get(queue)?.[0] ?? 0),
      })),
  };
  return { operations, inserts };
}
