import type { SqlConnection, SqlRow } from '../file/libsql.ts';
import { DEAD_LETTER_COLUMNS } from '../rows/dead-letter-rows.ts';

/** How many dead letters are taken: the first always, more while both bounds allow. */
export interface DeadLetterBounds {
  readonly letters: number;
  /** Length of all bodies together, in bytes. */
  readonly bytes: number;
}

/** The operations on dead letters that leave the broker. */
export function createDeadLetterOperations(connection: SqlConnection) {
  const next = connection.prepare(
    `SELECT seq, length(body), ${DEAD_LETTER_COLUMNS} FROM dead_letter WHERE queue = ? AND seq > ? ORDER BY seq LIMIT 1`,
  );
  const any = connection.prepare('SELECT 1 FROM dead_letter LIMIT 1');
  const anyOf = connection.prepare('SELECT 1 FROM dead_letter WHERE queue = ? LIMIT 1');
  const remove = connection.prepare('DELETE FROM dead_letter WHERE seq = ?');

  return {
    /** The oldest dead letters of a queue: of each its number, the length of its body, and the columns of a dead letter. */
    takeDeadLetters(queue: string, bounds: DeadLetterBounds): readonly SqlRow[] {
      const rows: SqlRow[] = [];
      let after = 0;
      for (let left = bounds.bytes; left > 0 && rows.length < bounds.letters; ) {
        const row = next.get(queue, after);
        if (row === undefined) break;
        after = Number(row[0]);
        left -= Number(row[1]);
        rows.push(row);
      }
      return rows;
    },
    /** Of these queues, those that have dead letters. Asked for all the time, and mostly there are none at all. */
    withDeadLetters: (queues: readonly string[]): readonly string[] =>
      queues.length === 0 || any.get() === undefined
        ? []
        : queues.filter((queue) => anyOf.get(queue) !== undefined),
    /** Forgets those that were handed over. */
    removeDeadLetters(seqs: readonly number[]): void {
      for (const seq of seqs) remove.run(seq);
    },
  };
}
