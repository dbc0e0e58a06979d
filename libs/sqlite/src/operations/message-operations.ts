import { type Failure, JOB_PRIORITIES } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../file/libsql.ts';
import { DEAD_LETTER_COLUMNS, toFailureCells } from '../rows/dead-letter-rows.ts';
import { createInserts } from '../rows/inserts.ts';
import { OUTGOING_COLUMNS, USUAL_VALUES } from '../rows/message-rows.ts';
import type { EmittedList } from '../rows/success-rows.ts';
import { createClaims } from './claims.ts';

/** How a claimed message is settled. */
export interface SettleInput {
  readonly seq: number;
  /** Values of {@link OUTGOING_COLUMNS}. */
  readonly requeue?: SqlRow;
  readonly deadLetter?: { readonly row: SqlRow; readonly failure: Failure };
  /** Events, if any. */
  readonly events?: EmittedList;
}

/** What the operations on messages work with. */
export interface MessageContext {
  /** The number of this open database. */
  readonly claimant: number;
  /** Called with each message that is published. */
  readonly onPublished: (id: string) => void;
  /** Called with the events of each settlement. */
  readonly onEvents: (events: EmittedList) => void;
  /** Called with the time of each operation that writes a time, or has events. */
  readonly noteTime: (now: number) => void;
}

/** All lanes, for an index that tells them apart. */
const LANES = JOB_PRIORITIES.map((lane) => `'${lane}'`).join(', ');

/** The operations on messages; every time is the file's, in milliseconds. */
export function createMessageOperations(
  connection: SqlConnection,
  { claimant, onPublished, onEvents, noteTime }: MessageContext,
) {
  const inserts = createInserts(connection, {
    table: 'message',
    columns: OUTGOING_COLUMNS,
    usual: USUAL_VALUES,
  });
  const insertDead = connection.prepare(
    `INSERT INTO dead_letter (${DEAD_LETTER_COLUMNS}) VALUES (${DEAD_LETTER_COLUMNS.replaceAll(/\w+/g, '?')})`,
  );
  const { claim, hasClaimable } = createClaims(connection, claimant);
  const remove = connection.prepare(`DELETE FROM message WHERE seq = ? AND claim = ${claimant}`);
  const release = connection.prepare(
    `UPDATE message SET claim = NULL, due_at = NULL, redelivered = 1 WHERE seq = ? AND claim = ${claimant}`,
  );
  const unclaim = connection.prepare(
    `UPDATE message SET claim = NULL, due_at = NULL WHERE seq = ? AND claim = ${claimant}`,
  );
  const releaseAll = connection.prepare(
    'UPDATE message SET claim = NULL, due_at = NULL, redelivered = 1, returns = returns + 1 WHERE claim = ?',
  );
  const countReady = connection.prepare(
    `SELECT (SELECT count(*) FROM message WHERE queue = ?1 AND claim IS NULL AND due_at IS NULL)
       + (SELECT count(*) FROM message
         WHERE queue = ?1 AND priority IN (${LANES}) AND claim IS NULL AND due_at IS NOT NULL AND due_at <= ?2)`,
  );
  const countDead = connection.prepare('SELECT count(*) FROM dead_letter WHERE queue = ?');

  function publish(rows: readonly SqlRow[], now: number): void {
    noteTime(now);
    for (const row of rows) {
      inserts.add(row);
      onPublished(String(row[1]));
    }
  }

  const operations = {
    publish,
    claim,
    /** Returns `lost` for a message that this process no longer holds: then nothing was done. Else nothing, which costs the reply least. */
    settle({ seq, requeue, deadLetter, events }: SettleInput, now: number): 'lost' | undefined {
      noteTime(now);
      if (remove.run(seq) === 0) return 'lost';
      if (requeue !== undefined) publish([requeue], now);
      if (deadLetter !== undefined) {
        const { row, failure } = deadLetter;
        insertDead.run(...row, ...toFailureCells(failure));
      }
      if (events !== undefined) onEvents(events);
      return undefined;
    },
    /** Gives back what this process holds. What was never delivered comes to the next one as new. */
    release(seqs: readonly number[], wereDelivered: boolean): void {
      const statement = wereDelivered ? release : unclaim;
      for (const seq of seqs) statement.run(seq);
    },
    releaseClaimsOf(other: number): void {
      releaseAll.run(other);
    },
    hasClaimable,
    inspect: (queues: readonly string[], now: number) =>
      queues.map((queue) => ({
        queue,
        ready: Number(countReady.get(queue, now)?.[0] ?? 0),
        dead: Number(countDead.get(queue)?.[0] ?? 0),
      })),
  };
  return { operations, inserts };
}
