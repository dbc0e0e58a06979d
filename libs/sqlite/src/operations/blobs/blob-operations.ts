import {
  BLOB_GRACE_MS,
  type LedgerStorage,
  type MissingReferences,
  placesOf,
  type UnrecordedJob,
  type UnrecordedJobs,
  type UnreferencedBlob,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import { toPayload } from '../../rows/job-rows.ts';
import type { BlobChanges } from './blob-changes.ts';

/** No more payloads are read together once they take so many bytes. */
const MAX_BYTES_AT_ONCE = 1_048_576;

/** The name of the row in `meta` that has the id of the storage. */
const STORAGE = 'blob-storage';

/** The operations on the files that jobs refer to: see `BlobReferences` of the core. Times are the file's, in milliseconds. */
export function createBlobOperations(connection: SqlConnection, { record }: Pick<BlobChanges, 'record'>) {
  const listDue = connection.prepare(
    'SELECT key, since_at FROM unreferenced_blob WHERE since_at <= ? ORDER BY since_at LIMIT ?',
  );
  const findReference = connection.prepare('SELECT 1 FROM blob_ref WHERE key = ? LIMIT 1');
  const forget = connection.prepare('DELETE FROM unreferenced_blob WHERE key = ? AND since_at = ?');
  const postpone = connection.prepare(
    'UPDATE unreferenced_blob SET since_at = ? WHERE key = ? AND since_at = ?',
  );
  const findKind = connection.prepare('SELECT after_id, is_done FROM blob_kind WHERE kind = ?');
  const noteKind = connection.prepare(
    `INSERT INTO blob_kind (kind, after_id, is_done) VALUES (?, ?, ?)
       ON CONFLICT (kind) DO UPDATE SET after_id = max(after_id, excluded.after_id), is_done = max(is_done, excluded.is_done)`,
  );
  const listJobs = connection.prepare('SELECT id, kind FROM job WHERE id > ? ORDER BY id LIMIT ?');
  const readPayload = connection.prepare('SELECT payload FROM job_body WHERE id = ?');
  const readStorage = connection.prepare(
    `SELECT (SELECT value FROM meta WHERE name = ?), (SELECT value FROM meta WHERE name = 'ledger-id'),
       EXISTS (SELECT 1 FROM blob_ref) OR EXISTS (SELECT 1 FROM unreferenced_blob)`,
  );
  const noteStorage = connection.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)');

  return {
    listUnreferencedBlobs: (limit: number, now: number): readonly UnreferencedBlob[] =>
      listDue
        .all(now - BLOB_GRACE_MS, limit)
        .map(([key, sinceAt]) => ({ key: String(key), sinceAt: Number(sinceAt) })),
    findReferencedBlobs: (files: readonly string[]): readonly string[] =>
      files.filter((file) => placesOf(file).some((key) => findReference.get(key) !== undefined)),
    forgetBlob({ key, sinceAt }: UnreferencedBlob): void {
      forget.run(key, sinceAt);
    },
    postponeBlob({ key, sinceAt }: UnreferencedBlob, now: number): void {
      postpone.run(now, key, sinceAt);
    },
    listUnrecordedBlobs(kind: string, limit: number): UnrecordedJobs | undefined {
      const [afterId = '', isDone = 0] = findKind.get(kind) ?? [];
      if (isDone === 1) return undefined;
      const rows = listJobs.all(afterId, limit);
      const jobs: UnrecordedJob[] = [];
      let sizeBytes = 0;
      for (const [id = null, jobKind] of rows) {
        const payload = jobKind === kind ? readPayload.get(id)?.[0] : undefined;
        if (!(payload instanceof Uint8Array)) continue;
        jobs.push({ id: String(id), payload: toPayload(payload) });
        sizeBytes += payload.byteLength;
        if (sizeBytes >= MAX_BYTES_AT_ONCE) return { jobs, lastId: String(id), isLast: false };
      }
      return { jobs, lastId: String(rows.at(-1)?.[0] ?? afterId), isLast: rows.length < limit };
    },
    recordMissingBlobs(kind: string, { jobs, lastId, isLast }: MissingReferences): void {
      for (const { jobId, keys } of jobs) record(jobId, keys);
      noteKind.run(kind, lastId, isLast ? 1 : 0);
    },
    blobStorage(): LedgerStorage {
      const [noted = null, ledgerId, hasKeys] = readStorage.get(STORAGE) ?? [];
      return { id: String(noted ?? ledgerId), isNoted: noted !== null, hasKeys: hasKeys === 1 };
    },
    noteBlobStorage(id: string): void {
      noteStorage.run(STORAGE, id);
    },
  };
}
