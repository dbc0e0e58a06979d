import { isLogged, MAX_LOGGED_BYTES, MAX_LOGGED_LINES, type RecordableEvent } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import { cellsOf, toText } from '../rows/json-rows.ts';
import { LOG_COLUMNS, toLogRows } from '../rows/log-rows.ts';

/** Keeps the lines that handlers logged. A batch of events without lines costs no statement. */
export function createLogChanges(connection: SqlConnection) {
  const insert = connection.prepare(
    `INSERT OR IGNORE INTO job_log (${LOG_COLUMNS.join(', ')}) SELECT ${cellsOf(LOG_COLUMNS.length)} FROM json_each(?) AS given`,
  );
  const deleteOldest = connection.prepare(
    `DELETE FROM job_log WHERE (job_id, generation, attempt, at, number) IN (
       SELECT job_id, generation, attempt, at, number FROM (
         SELECT job_id, generation, attempt, at, number, row_number() OVER newest AS place, sum(size_bytes) OVER newest AS size
           FROM job_log WHERE job_id IN (SELECT value FROM json_each(?))
           WINDOW newest AS (PARTITION BY job_id ORDER BY generation DESC, attempt DESC, at DESC, number DESC)
       ) WHERE place > ${MAX_LOGGED_LINES} OR size > ${MAX_LOGGED_BYTES}
     )`,
  );

  return {
    /** Adds the lines among these events; those that are known already are ignored. Then deletes the oldest of each job until its lines are within their bounds. */
    apply(events: readonly RecordableEvent[]): void {
      const logged = events.filter(isLogged);
      if (logged.length === 0) return;
      const rows = logged.flatMap(toLogRows).map((row) => row.map(toText));
      insert.run(JSON.stringify(rows));
      deleteOldest.run(JSON.stringify([...new Set(logged.map(({ jobId }) => jobId))]));
    },
  };
}
