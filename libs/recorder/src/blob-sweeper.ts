import {
  BLOB_GRACE_MS,
  type BlobReferences,
  type Clock,
  type JobDefinition,
  type Logger,
  messageOf,
  type Random,
  type RecordingLag,
  sleep,
  systemClock,
  systemRandom,
  toLogger,
} from '@leveret/core';
import { recordMissingReferences } from './missing-references.ts';
import { SweepRound, type SweepRoundOptions } from './sweep-round.ts';

/** Time between two searches for files to delete, in milliseconds. */
const EVERY_MS = 60_000;

/** What a sweeper works with. */
export interface BlobSweeperOptions {
  readonly blobs: SweepRoundOptions['blobs'];
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
 * Deletes files that jobs of the ledger referred to once, an hour after the last such job was deleted: at the start, and every minute. A file that was written within the last hour, in the
 * storage's own time, stays until later. Files that no job ever referred to are not touched, except those of {@link notePendingBlob}. Several sweepers may work on the same storage and ledger, and each may be killed at any time.
 *
 * The storage gets an id in the file `leveret-storage`, and the ledger notes it. While the storage does not have that id, for example because it is not mounted, nothing is
 * deleted or forgotten.
 *
 * A file is first moved to `leveret-deleted/`. Then the ledger is asked once more, and the file is moved back if a job has come that needs it. So a file that a job stores
 * at the same moment under the same key is never lost; it may be missing for a moment.
 */
export function startBlobSweeper(options: BlobSweeperOptions): BlobSweeper {
  const { blobs, references, clock = systemClock, random = systemRandom } = options;
  const logger = toLogger(options.logger);
  const stopping = new AbortController();
  const { signal } = stopping;
  const round = new SweepRound({ blobs, references, clock, random, signal });

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
