import {
  type Clock,
  type JobState,
  keepMsOf,
  type RetentionProgress,
  type RetentionRequest,
} from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import type { Activity } from './activity/activity.ts';
import type { BlobChanges } from './blobs/blob-changes.ts';
import { KEEP_MS, type SupersededEntries } from './control/superseded-entries.ts';

/** After this time no more jobs are deleted together, in milliseconds. Most jobs take some 20 µs; one with a payload of 1 MiB, a few milliseconds. */
const MAX_TIME_MS = 3;
/** The tables that have rows of a job, with the column of its id. Triggers keep counters, tags and groups of failures. */
const TABLES = { job_body: 'id', attempt: 'job_id', start: 'job_id', job: 'id' } as const;

/** What deleting works with. */
export interface RetentionContext extends Pick<Clock, 'monotonic'> {
  readonly superseded: Pick<SupersededEntries, 'add' | 'nextGenerationOf' | 'noteDeleted'>;
  /** Called with the time of each operation that writes a time. */
  readonly noteTime: (now: number) => void;
  readonly blobs: Pick<BlobChanges, 'referringOf' | 'drop'>;
  readonly activity: Pick<Activity, 'changes'>;
}

/** The operations that delete jobs: see `JobRetention` of the core. */
export function createRetentionOperations(
  connection: SqlConnection,
  { monotonic, noteTime, superseded, blobs, activity: { changes } }: RetentionContext,
) {
  const findGroups = connection.prepare('SELECT queue, kind, state FROM counter WHERE count > 0');
  // Read from an index alone, in its order.
  const findDue = connection.prepare(
    'SELECT id FROM job WHERE queue = ? AND kind = ? AND state = ? AND updated_at <= ? ORDER BY updated_at LIMIT ?',
  );
  const findGeneration = connection.prepare('SELECT generation, queue, created_at FROM job WHERE id = ?');
  const deletions = Object.entries(TABLES).map(([table, column]) =>
    connection.prepare(`DELETE FROM ${table} WHERE ${column} = ?`),
  );

  /** Ids of jobs whose time is over: one more than `limit` when there are more. */
  function findIds({ rules, now, limit }: RetentionRequest): readonly string[] {
    const ids: string[] = [];
    for (const [queue = null, kind = null, state = null] of findGroups.all()) {
      const keepMs = keepMsOf(rules, { kind: String(kind), state: String(state) as JobState });
      if (keepMs === undefined) continue;
      const rows = findDue.all(queue, kind, state, now - keepMs, limit + 1 - ids.length);
      for (const [id] of rows) ids.push(String(id));
      if (ids.length > limit) break;
    }
    return ids;
  }

  /** Workers still know of its superseded messages: a job that is enqueued under its id must continue its generations. */
  function keepGeneration(jobId: string, now: number): void {
    const [generation, queue, createdAt] = findGeneration.get(jobId) ?? [];
    if (typeof generation !== 'number' || generation === 0) return;
    if (superseded.nextGenerationOf(jobId) === undefined)
      superseded.add({ jobId, generation: generation - 1, queue: String(queue), untilAt: now + KEEP_MS });
    superseded.noteDeleted(jobId, Number(createdAt));
  }

  return {
    /** @param now In the time of the file, in milliseconds. */
    deleteFinished(request: RetentionRequest, now: number): RetentionProgress {
      const since = monotonic();
      noteTime(now);
      const ids = findIds(request);
      const referring = blobs.referringOf(ids);
      let deletedCount = 0;
      for (const id of ids.slice(0, request.limit)) {
        keepGeneration(id, now);
        for (const deletion of deletions) deletion.run(id);
        if (referring.has(id)) blobs.drop(id, now);
        changes.add(id);
        deletedCount += 1;
        if (monotonic() - since >= MAX_TIME_MS) break;
      }
      return { deletedCount, isMore: deletedCount < ids.length };
    },
  };
}
