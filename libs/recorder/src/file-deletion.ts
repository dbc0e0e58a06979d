import {
  BLOB_GRACE_MS,
  type BlobReferences,
  type BlobStore,
  type Clock,
  LeveretError,
  newId,
  type Random,
} from '@leveret/core';

/** Files about which the ledger is asked in one call. */
const BATCH_FILES = 500;
/** Where a file is while it is checked for the last time before it is deleted. */
export const DELETED = 'leveret-deleted/';

/** What deletes files. */
export interface FileDeletionOptions {
  readonly blobs: Pick<BlobStore, 'list' | 'stat' | 'move' | 'delete'>;
  readonly references: Pick<BlobReferences, 'findReferenced'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the work after the file at hand. */
  readonly signal: AbortSignal;
}

/** Deletes files that no job refers to, unless they are young. */
export class FileDeletion {
  readonly #blobs: FileDeletionOptions['blobs'];
  readonly #references: FileDeletionOptions['references'];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  #deletedCount = 0;
  /** A time of the storage, not later than now: an older one makes files younger, so they stay. */
  storageTime = 0;

  constructor(options: FileDeletionOptions) {
    this.#blobs = options.blobs;
    this.#references = options.references;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#signal = options.signal;
  }

  /** How many files were deleted since this was asked. */
  takeDeletedCount(): number {
    const count = this.#deletedCount;
    this.#deletedCount = 0;
    return count;
  }

  /** What a sweeper that was killed has left in {@link DELETED} is deleted or put back. */
  async settleLeftBehind(moved: string): Promise<void> {
    const key = moved.slice(DELETED.length).split('/').slice(1).join('/');
    if (key !== '') await this.#settle(moved, key);
  }

  /** Deletes the files of a key that no job refers to. Resolves with how many of them are left: they are young or needed by now, or the sweeper stops. */
  async deleteUnneeded(key: string): Promise<number> {
    const unneeded: string[] = [];
    let leftCount = 0;
    for await (const files of inBatches(this.#blobs.list(key))) {
      const needed = new Set(await this.#references.findReferenced(files.map((file) => file.key)));
      for (const file of files) {
        if (needed.has(file.key) || (file.key !== key && !key.endsWith('/'))) continue;
        if (this.#isYoung(file.writtenAt)) leftCount += 1;
        else unneeded.push(file.key);
      }
    }
    for (const file of unneeded) if (this.#signal.aborted || !(await this.#delete(file))) leftCount += 1;
    return leftCount;
  }

  /** Resolves with whether it is gone. The name that a file is moved to is never used again: another sweeper may be about to delete what has it. */
  async #delete(key: string): Promise<boolean> {
    const moved = `${DELETED}${newId(this.#clock, this.#random)}/${key}`;
    if (!(await this.#move(key, moved))) return true;
    try {
      return await this.#settle(moved, key);
    } catch (error) {
      // Without the ledger it is not known whether a job needs it by now.
      if ((await this.#blobs.stat(key)) === undefined) await this.#move(moved, key);
      throw error;
    }
  }

  /** Deletes the file at `moved`, or puts it back under `key` if it is needed after all. Resolves with whether it was deleted. */
  async #settle(moved: string, key: string): Promise<boolean> {
    const isYoung = await this.#isYoungAt(moved);
    const isNeeded = (await this.#references.findReferenced([key])).length > 0;
    if (isYoung || isNeeded) {
      // A file that was stored in its place meanwhile is as good.
      if ((await this.#blobs.stat(key)) === undefined) await this.#move(moved, key);
      else await this.#blobs.delete(moved);
      return false;
    }
    await this.#blobs.delete(moved);
    this.#deletedCount += 1;
    return true;
  }

  async #isYoungAt(moved: string): Promise<boolean> {
    for await (const { writtenAt } of this.#blobs.list(moved)) return this.#isYoung(writtenAt);
    return false;
  }

  #isYoung(writtenAt: number): boolean {
    return writtenAt > this.storageTime - BLOB_GRACE_MS;
  }

  /** Resolves with whether there was a file. */
  async #move(from: string, to: string): Promise<boolean> {
    try {
      await this.#blobs.move(from, to);
      return true;
    } catch (error) {
      if (error instanceof LeveretError && error.code === 'BLOB_NOT_FOUND') return false;
      throw error;
    }
  }
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH_FILES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
