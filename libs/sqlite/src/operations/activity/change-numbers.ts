import type { SqlConnection } from '../../file/libsql.ts';

/** For how long changes are kept, in milliseconds. */
const KEPT_MS = 600_000;
/** Most changes that are kept. */
const MAX_KEPT = 100_000;
/** Old changes are deleted so far apart, in milliseconds, and so many commits of them together. */
const DELETE_EVERY_MS = 1_000;
const MAX_DELETED = 2_000;

/** Numbers the changes of jobs: see `ActivityReader.changes` of the core. */
export interface ChangeNumbers {
  /** A job is changed by this transaction. A job that is named and not changed does no harm: it is read again, and is the same. */
  add(jobId: string): void;
  /** A transaction begins. */
  begin(): void;
  /** The transaction is about to be committed: gives its changes their numbers, by one statement. */
  finish(): void;
}

/**
 * Creates them. Numbers are given in the transaction that changes the jobs, so those of all processes are in the order of their commits.
 *
 * @param now The time of the file.
 */
export function createChangeNumbers(connection: SqlConnection, now: () => number): ChangeNumbers {
  const insert = connection.prepare('INSERT INTO change SELECT max(number) + ?, ?, ? FROM change');
  const deleteOld = connection.prepare(
    `DELETE FROM change WHERE number < (SELECT max(number) FROM change) AND number <=
       (SELECT max(number) FROM (SELECT number, at FROM change ORDER BY number LIMIT ${MAX_DELETED}) WHERE at < ?)`,
  );
  const deleteMany = connection.prepare(
    `DELETE FROM change WHERE number <= (SELECT max(number) FROM change) - ${MAX_KEPT}`,
  );
  const ids = new Set<string>();
  let deletedAt = 0;

  return {
    add: (jobId) => ids.add(jobId),
    begin: () => ids.clear(),
    finish() {
      if (ids.size === 0) return;
      const at = now();
      insert.run(ids.size, at, JSON.stringify([...ids]));
      ids.clear();
      // The time of the file may also be set back, after a jump that another process saw.
      if (Math.abs(at - deletedAt) < DELETE_EVERY_MS) return;
      deleteOld.run(at - KEPT_MS);
      deleteMany.run();
      deletedAt = at;
    },
  };
}
