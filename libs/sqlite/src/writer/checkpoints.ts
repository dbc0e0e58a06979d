import type { Cancel, Clock } from '@leveret/core';
import type { FileIdentity } from '../file/file-identity.ts';
import type { SqlConnection } from '../file/libsql.ts';
import { type FileLock, type LockableFile, lockFile } from '../file/lock-file.ts';
import { whileLocked } from './commit.ts';

/** How often the elected one looks after the log, and the others whether it is gone, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** At how many pages of log (4 KiB each) a commit of the elected one is followed by a checkpoint: SQLite's own default. */
const ELECTED_PAGES = 1_000;
/** The same for the others: reached only when the elected one is stuck, so that the log does not grow without bounds. */
const OTHER_PAGES = 16_384;

/** Who moves what is in the write-ahead log into the file. */
export interface Checkpoints {
  /** Writes the log to the file, so that its room is used again. Never throws. */
  makeRoom(): void;
  close(): void;
}

/** What looking after the log works with. */
export interface CheckpointsOptions {
  readonly connection: SqlConnection;
  readonly writeLock: LockableFile;
  readonly file: string;
  readonly identity: FileIdentity;
  readonly clock: Clock;
  /** Whether others may have written to the log. */
  readonly hasOthers: () => boolean;
}

/**
 * Sees to it that one of the processes that share a file does the checkpoints: the one that has the lock of
 * `<file>-checkpoint`, and when it is gone another. ADR 8 says why. A log that somebody has deleted is written to the file by
 * whoever notices first, so that nothing of it is lost.
 */
export function startCheckpoints({
  connection,
  writeLock,
  file,
  identity,
  clock,
  hasOthers,
}: CheckpointsOptions): Checkpoints {
  let lock: FileLock | undefined;
  let cancel: Cancel | undefined;

  function setPages(pages: number): void {
    connection.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }

  function checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    whileLocked(writeLock, () => connection.exec(`PRAGMA wal_checkpoint(${mode})`));
  }

  function look(): void {
    cancel = clock.schedule(LOOK_EVERY_MS, look);
    try {
      if (identity.hasLostLog()) checkpoint('TRUNCATE');
      else if (lock === undefined) {
        lock = lockFile(`${file}-checkpoint`);
        if (lock !== undefined) setPages(ELECTED_PAGES);
      } else if (hasOthers()) checkpoint('PASSIVE');
    } catch {
      // What is wrong with the file is told by the next call; a lock that may not be taken is for others to take.
    }
  }

  setPages(OTHER_PAGES);
  look();
  return {
    makeRoom() {
      try {
        checkpoint('PASSIVE');
      } catch {
        // There is no room for that either.
      }
    },
    close() {
      cancel?.();
      lock?.release();
    },
  };
}
