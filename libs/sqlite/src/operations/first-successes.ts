import type { SqlConnection, SqlValue } from '../file/libsql.ts';
import type { SuccessRow, SuccessRun } from '../rows/success-rows.ts';
import type { Rollups } from './activity/rollups.ts';

/** What became of successes. */
export interface RecordedSuccesses {
  /** The ids of the jobs that are recorded. */
  readonly recorded: ReadonlySet<string>;
  /** Those that are to be applied as events. */
  readonly others: readonly SuccessRow[];
}

/**
 * Records that jobs succeeded at their first attempt, without reading them: what `applyEvent` makes of a job that has only been accepted, with `history`
 * `all` and without a delay, is known. Whether a job is such a one is a condition of the statement that changes it.
 */
export function createFirstSuccesses(connection: SqlConnection, rollups: Rollups) {
  // Columns that are not set are empty in such a job, and stay so.
  const update = connection.prepare(
    `UPDATE job SET state = 'succeeded', attempt = 1, settled_attempt = 1, max_attempts = ?, worker_id = ?, updated_at = given.value ->> 4,
       started_at = given.value ->> 2, finished_at = given.value ->> 3, due_at = NULL, undispatched_at = NULL
     FROM json_each(?) AS given
     WHERE job.id = given.value ->> 0 AND state = 'queued' AND attempt = 0 AND settled_attempt = 0 AND updated_at = given.value ->> 1
       AND next_due_at IS NULL AND newest IS NULL AND generation IS NULL AND history IS NULL
     RETURNING id`,
  );
  const putAttempts = connection.prepare(
    `INSERT OR REPLACE INTO attempt (job_id, generation, attempt, outcome, worker_id, version, host, instance_id, started_at, ended_at, queue_wait_ms)
       SELECT given.value ->> 0, 0, 1, 'succeeded', ?, ?, ?, ?, given.value ->> 2, given.value ->> 3, given.value ->> 5 FROM json_each(?) AS given`,
  );
  const putResults = connection.prepare(
    `INSERT INTO job_body (id, result) SELECT given.value ->> 0, given.value ->> 1 FROM json_each(?) AS given WHERE TRUE
       ON CONFLICT (id) DO UPDATE SET result = excluded.result`,
  );

  function count([kind, queue]: SuccessRun, rows: readonly SuccessRow[]): void {
    const job = { kind, queue };
    for (const row of rows) {
      const [, , , startedAt, at] = row;
      rollups.moved(job, 'queued', 'succeeded');
      rollups.waited(job, waitOf(row));
      rollups.ran(job, at - startedAt);
    }
  }

  /** Of one run. Returns those that are recorded. */
  function record(run: SuccessRun, rows: readonly SuccessRow[]): readonly SuccessRow[] {
    const [, , maxAttempts, workerId, version, host, instanceId] = run;
    const cells = JSON.stringify(rows.map(toCells));
    const ids = new Set(update.all(maxAttempts, workerId, cells).map(([id]) => id));
    const recorded = ids.size === rows.length ? rows : rows.filter(([, jobId]) => ids.has(jobId));
    if (recorded.length === 0) return recorded;
    const attempts = recorded === rows ? cells : JSON.stringify(recorded.map(toCells));
    putAttempts.run(workerId, version, host, instanceId, attempts);
    const results = recorded.flatMap(([, jobId, , , , result]) => (result === null ? [] : [[jobId, result]]));
    if (results.length > 0) putResults.run(JSON.stringify(results));
    count(run, recorded);
    return recorded;
  }

  return {
    /** Records those that it can. */
    record(successes: readonly SuccessRow[]): RecordedSuccesses {
      const recorded = new Set<string>();
      const others: SuccessRow[] = [];
      const rowsByRun = new Map<SuccessRun, Map<string, SuccessRow>>();
      for (const row of successes) {
        const [run, jobId] = row;
        const rows = rowsByRun.get(run) ?? new Map<string, SuccessRow>();
        rowsByRun.set(run, rows);
        // Of the same job once more: the first outcome wins.
        if (rows.has(jobId)) others.push(row);
        else rows.set(jobId, row);
      }
      for (const [run, rows] of rowsByRun) {
        for (const [, jobId] of record(run, [...rows.values()])) {
          recorded.add(jobId);
          rows.delete(jobId);
        }
        others.push(...rows.values());
      }
      return { recorded, others };
    },
  };
}

/** How long a job waited for its start, in milliseconds: it was ready when it was accepted. */
function waitOf([, , createdAt, startedAt]: SuccessRow): number {
  return Math.max(0, startedAt - createdAt);
}

/** The cells that the statements read, by place. */
function toCells(row: SuccessRow): readonly SqlValue[] {
  const [, jobId, createdAt, startedAt, at] = row;
  return [jobId, createdAt, startedAt, at, Math.max(createdAt, at), waitOf(row)];
}
