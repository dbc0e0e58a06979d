import type { BlobStore } from './blob-store.ts';

/** Where the storage notes files whose jobs are not accepted yet: a note has this and the key of its file as its key. */
export const PENDING_BLOBS = 'leveret-pending/';
/** How long a note stays, in milliseconds, before `startBlobSweeper` deletes its file unless a job refers to it: a day. */
export const PENDING_BLOB_MS = 86_400_000;

const NO_BYTES: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/**
 * Notes in the storage that no job refers to the file `key` yet. If the process dies before it has enqueued the job,
 * `startBlobSweeper` deletes the file after {@link PENDING_BLOB_MS}, unless a job of the ledger refers to it.
 *
 * Call this before the file is stored, with a key of its own. It resolves with a function that deletes the note. Call that function
 * when `enqueue` has resolved, and only then report the job as accepted. So every accepted job keeps its file, even if the ledger
 * never hears of the job.
 * @throws {LeveretError} what the storage throws; {@link RangeError} for a bad key. So does the function that it resolves with.
 */
export async function notePendingBlob(
  blobs: Pick<BlobStore, 'put' | 'delete'>,
  key: string,
): Promise<() => Promise<void>> {
  const note = `${PENDING_BLOBS}${key}`;
  await blobs.put(note, NO_BYTES);
  return () => blobs.delete(note);
}
