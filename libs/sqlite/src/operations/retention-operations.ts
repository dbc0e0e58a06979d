import { type JobState, keepMsOf, type RetentionProgress, type RetentionRequest } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';

/** No more jobs are deleted together once their payloads take so many bytes: a large one costs as much as many small ones. */
const MAX_BYTES = 1_048_576;
/** Whatever has rows of a job, and the column with its id. Triggers see to counters, tags and groups of failures. */
const TABLES = { job_body: 'id', attempt: 'job_id', start: 'job_id', job: 'id' } as const;

/** The operations that delete jobs: see `JobRetention` of the core. */
export function createRetentionOperations(connection: SqlConnection) {
  const findGroups = connection.prepare('SELECT queue, kind, state FROM counter WHERE count > 0');
  // In the order of an index. The length of a payload is known without reading it.
  const findDue = connection.prepare(
    `SELECT id, (SELECT length(payload) FROM job_body WHERE job_body.id = job.id) FROM job
       WHERE queue = ? AND kind = ? AND state = ? AND updated_at <= ? ORDER BY updated_at LIMIT ?`,
  );
  const deletions = Object.entries(TABLES).map(([table, column]) =>
    connection.prepare(`DELETE FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`),
  );

  /** The ids of jobs whose time is over: one more than `limit` when there are more. */
  function* dueJobs({ rules, now, limit }: RetentionRequest): Generator<Due> {
    let left = limit + 1;
    for (const [queue = null, kind = null, state = null] of [...findGroups.all()]) {
      const keepMs = keepMsOf(rules, { kind: String(kind), state: String(state) as JobState });
      if (keepMs === undefined) continue;
      const rows = [...findDue.all(queue, kind, state, now - keepMs, left)];
      left -= rows.length;
      for (const [id, sizeBytes] of rows) yield { id: String(id), sizeBytes: Number(sizeBytes) };
      if (left === 0) return;
    }
  }

  return {
    deleteFinished(request: RetentionRequest): RetentionProgress {
      const ids: string[] = [];
      let leftBytes = MAX_BYTES;
      let isMore = false;
      for (const { id, sizeBytes } of dueJobs(request)) {
        isMore = ids.length === request.limit || leftBytes <= 0;
        if (isMore) break;
        ids.push(id);
        leftBytes -= sizeBytes;
      }
      if (ids.length > 0) for (const deletion of deletions) deletion.run(JSON.stringify(ids));
      return { deletedCount: ids.length, isMore };
    },
  };
}

interface Due {
  readonly id: string;
  readonly sizeBytes: number;
}
