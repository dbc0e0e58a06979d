import { type BlobReferences, type BlobStore, LeveretError } from '@leveret/core';

/** The key of the file that has the id of the storage. */
export const STORAGE_MARKER = 'leveret-storage';
/** More of that file is not read, in bytes. */
const MAX_MARKER_BYTES = 200;

/** What tells whether the storage is the one that the ledger knows. */
export interface KnownStorageOptions {
  readonly blobs: Pick<BlobStore, 'list' | 'open' | 'put'>;
  readonly references: Pick<BlobReferences, 'storage' | 'noteStorage'>;
}

/**
 * Prepares a check that the storage is the one whose files the ledger knows, and not, for example, the empty folder in which it is not mounted. The storage has its id in the
 * file {@link STORAGE_MARKER}, and the ledger notes it. The first check does both. A storage without files is then only accepted by a ledger without keys.
 *
 * The check rejects with {@link LeveretError} `STORAGE_UNAVAILABLE` when it is another one, and with what storage and ledger throw.
 */
export function createStorageCheck({ blobs, references }: KnownStorageOptions): () => Promise<void> {
  let knownId: string | undefined;

  /** Several sweepers may do this at the same time: all of them write the id of the ledger. */
  async function name(foundId: string | undefined, id: string, hasKeys: boolean): Promise<void> {
    if (foundId !== undefined) return await references.noteStorage(foundId);
    if (hasKeys && (await isEmpty(blobs)))
      throw new LeveretError(
        'STORAGE_UNAVAILABLE',
        `blob storage is empty, but jobs of the ledger refer to files: mount the right storage. If it is this one, store the text ${id} as "${STORAGE_MARKER}" in it`,
      );
    await blobs.put(STORAGE_MARKER, bytesOf(id));
    await references.noteStorage(id);
  }

  return async () => {
    const foundId = await readMarker(blobs);
    if (knownId === undefined) {
      const { id, isNoted, hasKeys } = await references.storage();
      if (!isNoted) return await name(foundId, id, hasKeys);
      knownId = id;
    }
    if (foundId === knownId) return;
    const found = foundId === undefined ? 'is missing' : `has the id ${foundId}`;
    throw new LeveretError(
      'STORAGE_UNAVAILABLE',
      `blob storage is not the one that the ledger knows: "${STORAGE_MARKER}" ${found}. Mount the right storage. If it is this one, store the text ${knownId} as "${STORAGE_MARKER}" in it`,
    );
  };
}

async function readMarker(blobs: Pick<BlobStore, 'open'>): Promise<string | undefined> {
  try {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of await blobs.open(STORAGE_MARKER, { end: MAX_MARKER_BYTES - 1 }))
      text += decoder.decode(chunk, { stream: true });
    return text.trim() === '' ? undefined : text.trim();
  } catch (error) {
    if (error instanceof LeveretError && error.code === 'BLOB_NOT_FOUND') return undefined;
    throw error;
  }
}

async function isEmpty(blobs: Pick<BlobStore, 'list'>): Promise<boolean> {
  for await (const _file of blobs.list('')) return false;
  return true;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
