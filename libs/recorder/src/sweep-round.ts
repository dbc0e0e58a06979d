import {
  BLOB_GRACE_MS,
  type BlobReferences,
  type BlobStore,
  type FoundBlob,
  PENDING_BLOB_MS,
  PENDING_BLOBS,
  type UnreferencedBlob,
} from '@leveret/core';
import { DELETED, FileDeletion, type FileDeletionOptions } from './file-deletion.ts';
import { createStorageCheck } from './known-storage.ts';

/** Keys that are asked for at a time. */
const BATCH_KEYS = 100;

/** What a round works with. */
export interface SweepRoundOptions extends FileDeletionOptions {
  readonly blobs: Omit<BlobStore, 'withLocalFile'>;
  readonly references: BlobReferences;
}

/** Deletes what may be deleted now. */
export class SweepRound {
  readonly #blobs: SweepRoundOptions['blobs'];
  readonly #references: BlobReferences;
  readonly #signal: AbortSignal;
  readonly #requireStorage: () => Promise<void>;
  readonly #deletion: FileDeletion;

  constructor(options: SweepRoundOptions) {
    this.#blobs = options.blobs;
    this.#references = options.references;
    this.#signal = options.signal;
    this.#requireStorage = createStorageCheck(options);
    this.#deletion = new FileDeletion(options);
  }

  /** How many files were deleted since this was asked. */
  takeDeletedCount(): number {
    return this.#deletion.takeDeletedCount();
  }

  /** @throws {LeveretError} what the ledger throws; what the storage throws, once every key has been tried, or at once if it is not the one that the ledger knows. */
  async run(): Promise<void> {
    await this.#prepare();
    let failure = await this.#settleEach(DELETED, ({ key }) => this.#deletion.settleLeftBehind(key));
    failure = (await this.#settleEach(PENDING_BLOBS, (note) => this.#settlePending(note))) ?? failure;
    let listed: readonly UnreferencedBlob[];
    do {
      await this.#prepare();
      listed = await this.#references.listUnreferenced(BATCH_KEYS);
      for (const blob of listed) {
        const isGone = await this.#sweep(blob).catch((error: unknown) => {
          failure = error;
          return false;
        });
        // The key is listed again.
        if (this.#signal.aborted) return;
        if (isGone) await this.#forget(blob);
        else await this.#references.postpone(blob);
      }
    } while (listed.length === BATCH_KEYS);
    if (failure !== undefined) throw failure;
  }

  async #prepare(): Promise<void> {
    await this.#requireStorage();
    this.#deletion.storageTime = await this.#blobs.now();
  }

  /** Calls `settle` for each file at `prefix`. Resolves with a failure, if there was any. */
  async #settleEach(prefix: string, settle: (file: FoundBlob) => Promise<unknown>): Promise<unknown> {
    let failure: unknown;
    for await (const file of this.#blobs.list(prefix)) {
      if (this.#signal.aborted) break;
      await settle(file).catch((error: unknown) => {
        failure = error;
      });
    }
    return failure;
  }

  /** A file whose job was not accepted within {@link PENDING_BLOB_MS}, or whose producer died before it deleted the note. */
  async #settlePending({ key: note, writtenAt }: FoundBlob): Promise<void> {
    if (writtenAt > this.#deletion.storageTime - PENDING_BLOB_MS) return;
    const leftCount = await this.#deletion.deleteUnneeded(note.slice(PENDING_BLOBS.length));
    if (leftCount === 0) await this.#blobs.delete(note);
  }

  /** Resolves with whether no file is left. */
  async #sweep({ key }: UnreferencedBlob): Promise<boolean> {
    const leftCount = await this.#deletion.deleteUnneeded(key);
    await this.#blobs.sweep(key, BLOB_GRACE_MS, { isUnfinishedOnly: true });
    return leftCount === 0;
  }

  /** A storage that was unmounted meanwhile has no files either. */
  async #forget(blob: UnreferencedBlob): Promise<void> {
    await this.#requireStorage();
    await this.#references.forget(blob);
  }
}
