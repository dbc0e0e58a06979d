import { isAccepted, type RecordableEvent } from '@leveret/core';
import type { SqlConnection, SqlValue } from '../../file/libsql.ts';

/** Changes which files jobs refer to. Jobs that refer to none cost no statement, and a batch of deleted jobs one. */
export interface BlobChanges {
  /** Takes what a job refers to, as JSON; it is in the table after the next {@link flush}. */
  add(jobId: string, keys: string): void;
  /** Inserts what was taken. After a failure nothing of it is left here. */
  flush(): void;
  /** Forgets what was taken. */
  discard(): void;
  /** Records what accepted jobs among these events refer to. */
  apply(events: readonly RecordableEvent[]): void;
  /** Records what a job refers to, unless it was deleted. */
  record(jobId: string, keys: readonly string[]): void;
  /** Those of these jobs that refer to something. */
  referringOf(jobIds: readonly string[]): ReadonlySet<string>;
  /** Deletes the references of a job that is deleted. @param now In the time of the file, in milliseconds. */
  drop(jobId: string, now: number): void;
}

/** Prepares to change them. */
export function createBlobChanges(connection: SqlConnection): BlobChanges {
  const insert = connection.prepare(
    'INSERT OR IGNORE INTO blob_ref (key, job_id) SELECT given.value, job.id FROM job, json_each(?) AS given WHERE job.id = ?',
  );
  const findReferring = connection.prepare(
    'SELECT DISTINCT job_id FROM blob_ref WHERE job_id IN (SELECT value FROM json_each(?))',
  );
  const remove = connection.prepare('DELETE FROM blob_ref WHERE job_id = ? RETURNING key');
  const noteUnreferenced = connection.prepare(
    `INSERT OR REPLACE INTO unreferenced_blob (key, since_at)
       SELECT given.key, given.now FROM (SELECT ? AS key, ? AS now) AS given
       WHERE NOT EXISTS (SELECT 1 FROM blob_ref WHERE key = given.key)`,
  );
  let taken: [keys: SqlValue, jobId: string][] = [];

  return {
    add(jobId, keys) {
      taken.push([keys, jobId]);
    },
    flush() {
      const added = taken;
      taken = [];
      for (const [keys, jobId] of added) insert.run(keys, jobId);
    },
    discard() {
      taken = [];
    },
    apply(events) {
      for (const event of events)
        if (isAccepted(event) && event.blobs !== undefined)
          insert.run(JSON.stringify(event.blobs), event.jobId);
    },
    record(jobId, keys) {
      insert.run(JSON.stringify(keys), jobId);
    },
    referringOf: (jobIds) =>
      new Set(findReferring.all(JSON.stringify(jobIds)).map(([jobId]) => String(jobId))),
    drop(jobId, now) {
      for (const [key = null] of remove.all(jobId)) noteUnreferenced.run(key, now);
    },
  };
}
