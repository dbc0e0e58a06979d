import {
  BLOB_GRACE_MS,
  type BlobReferences,
  type BlobStore,
  type Clock,
  type JobDefinition,
  LeveretError,
  type Logger,
  messageOf,
  newId,
  type Random,
  type RecordingLag,
  sleep,
  systemClock,
  systemRandom,
  toLogger,
  type UnreferencedBlob,
} from '@leveret/core';
import { recordMissingReferences } from './missing-references.ts';

/** Time between two searches for files to delete, in milliseconds. */
const EVERY_MS = 60_000;
/** Keys that are asked for at a time. */
const BATCH_KEYS = 100;
/** Files about which the ledger is asked in one call. */
const BATCH_FILES = 500;
/** Where a file is while it is checked for the last time before it is deleted. */
const DELETED = 'leveret-deleted/';

/** What a sweeper works with. */
export interface BlobSweeperOptions {
  readonly blobs: Pick<BlobStore, 'list' | 'stat' | 'move' | 'delete' | 'sweep'>;
  /** Of the only ledger whose jobs use this storage. */
  readonly references: BlobReferences;
  /** How far that ledger is behind, as `JobReader.lag` says. Nothing is deleted while that is not known, or is half an hour: a job that it does not know yet may need a file. */
  readonly lag: () => Promise<RecordingLag>;
  /** The kinds whose jobs refer to files. Before anything is deleted, references of their jobs are recorded that the ledger does not have. */
  readonly definitions: readonly JobDefinition[];
  readonly clock?: Clock;
  readonly random?: Random;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** A sweeper at work. */
export interface BlobSweeper {
  /** Finishes the file at hand and stops. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Deletes files that jobs of the ledger referred to once, an hour after the last such job was deleted: at the start, and every minute. A file that was written within the last hour stays until
 * later. Files that no job ever referred to are not touched. Several sweepers may work on the same storage and ledger, and each may be killed at any time.
 *
 * A file is first moved to `leveret-deleted/`. Then the ledger is asked once more, and the file is moved back if a job has come that needs it. So a file that a job stores
 * at the same moment under the same key is never lost; it may be missing for a moment.
 */
export function startBlobSweeper(options: BlobSweeperOptions): BlobSweeper {
  const { clock = systemClock } = options;
  const logger = toLogger(options.logger);
  const stopping = new AbortController();
  const { signal } = stopping;
  const round = new SweepRound(options, signal);

  async function run(): Promise<void> {
    let isComplete = false;
    while (!signal.aborted) {
      try {
        isComplete ||= await recordMissingReferences({ ...options, clock, logger, signal });
        if (isComplete && isUpToDate(await options.lag())) await round.run();
      } catch (error) {
        if (!signal.aborted)
          logger.warn(
            { error: messageOf(error) },
            'cannot delete files that no job refers to: will try again',
          );
      }
      const fileCount = round.takeDeletedCount();
      if (fileCount > 0) logger.info({ fileCount }, 'deleted files that no job refers to');
      await sleep(clock, EVERY_MS, signal);
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

function isUpToDate({ isReported, behindMs = Number.POSITIVE_INFINITY }: RecordingLag): boolean {
  return isReported && behindMs < BLOB_GRACE_MS / 2;
}

/** Deletes what may be deleted now. */
class SweepRound {
  readonly #blobs: BlobSweeperOptions['blobs'];
  readonly #references: BlobReferences;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  #deletedCount = 0;

  constructor(options: BlobSweeperOptions, signal: AbortSignal) {
    const { blobs, references, clock = systemClock, random = systemRandom } = options;
    this.#blobs = blobs;
    this.#references = references;
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
  }

  /** How many files were deleted since this was asked. */
  takeDeletedCount(): number {
    const count = this.#deletedCount;
    this.#deletedCount = 0;
    return count;
  }

  /** @throws {LeveretError} what the ledger throws; what the storage throws, once every key has been tried. */
  async run(): Promise<void> {
    let failure = await this.#settleLeftBehind();
    let listed: readonly UnreferencedBlob[];
    do {
      listed = await this.#references.listUnreferenced(BATCH_KEYS);
      for (const blob of listed) {
        if (this.#signal.aborted) return;
        try {
          await this.#sweep(blob);
        } catch (error) {
          failure = error;
          await this.#references.postpone(blob);
        }
      }
    } while (listed.length === BATCH_KEYS);
    if (failure !== undefined) throw failure;
  }

  /** What a sweeper that was killed has left in {@link DELETED}. Resolves with why some of it is still there, if so. */
  async #settleLeftBehind(): Promise<unknown> {
    let failure: unknown;
    for await (const { key: moved } of this.#blobs.list(DELETED)) {
      if (this.#signal.aborted) break;
      const key = moved.slice(DELETED.length).split('/').slice(1).join('/');
      if (key === '') continue;
      await this.#settle(moved, key).catch((error: unknown) => {
        failure = error;
      });
    }
    return failure;
  }

  async #sweep(blob: UnreferencedBlob): Promise<void> {
    const unneeded: string[] = [];
    let leftCount = 0;
    for await (const files of inBatches(this.#blobs.list(blob.key))) {
      const needed = new Set(await this.#references.findReferenced(files.map(({ key }) => key)));
      for (const { key, writtenAt } of files) {
        if (needed.has(key)) continue;
        if (this.#isYoung(writtenAt)) leftCount += 1;
        else unneeded.push(key);
      }
    }
    for (const key of unneeded) {
      // The key is listed again.
      if (this.#signal.aborted) return;
      if (!(await this.#delete(key))) leftCount += 1;
    }
    await this.#blobs.sweep(blob.key, BLOB_GRACE_MS, { isUnfinishedOnly: true });
    if (leftCount > 0) await this.#references.postpone(blob);
    else await this.#references.forget(blob);
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
    return writtenAt > this.#clock.now() - BLOB_GRACE_MS;
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
