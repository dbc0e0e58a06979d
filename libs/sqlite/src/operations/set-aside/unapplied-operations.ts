import { type KeptEvent, MAX_COUNTED_EVENTS, type UnappliedEvent } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** The operations on events that could not be applied. */
export function createUnappliedOperations(connection: SqlConnection) {
  const insert = connection.prepare('INSERT INTO unapplied_event (entry, reason) VALUES (?, ?)');
  const select = connection.prepare(
    'SELECT seq, entry, reason FROM unapplied_event WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const count = connection.prepare('SELECT COUNT(*) FROM (SELECT 1 FROM unapplied_event LIMIT ?)');
  const remove = connection.prepare('DELETE FROM unapplied_event WHERE seq = ?');

  return {
    keepUnapplied(events: readonly UnappliedEvent[]): void {
      for (const { entry, reason } of events) insert.run(entry, reason);
    },
    listUnapplied: (afterSeq: number, limit: number): readonly KeptEvent[] =>
      select.all(afterSeq, limit).map(([seq, entry, reason]) => ({
        seq: Number(seq),
        entry: String(entry),
        reason: String(reason),
      })),
    countUnapplied: (): number => Number(count.get(MAX_COUNTED_EVENTS)?.[0]),
    removeUnapplied(seqs: readonly number[]): void {
      for (const seq of seqs) remove.run(seq);
    },
  };
}
