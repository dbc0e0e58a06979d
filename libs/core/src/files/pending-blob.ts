import type { BlobStore } from './blob-store.ts';

/** Where the storage notes files whose jobs are not accepted yet: a note has this and the key of its file as its key. */
export const PENDING_BLOBS = 'leveret-pending/';
/** How long a note stays, in milliseconds, before `startBlobSweeper` deletes its file unless a job refers to it: a day. */
export const PENDING_BLOB_MS = 86_400_000;

const NO_BYTES: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/**
 * Notes in the storage that no job refers yet to the file that is about to be stored under `key`. So the file does not stay for ever when its process dies
 * before it has enqueued the job: `startBlobSweeper` deletes it after {@link PENDING_BLOB_MS}, unless a job of the ledger refers to it.
 *
 * Call this before the file is stored, under a key of its own. Resolves with how to delete the note: call that when `enqueue` has resolved, and tell nobody before that the job is accepted. So
 * every accepted job keeps its file, also one of which the ledger never hears.
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
