import { isBusy, openConnection, type SqlConnection } from './libsql.ts';

/** A file that this process has to itself. */
export interface FileLock {
  /** Lets others have it; the file stays. Safe to call twice. */
  release(): void;
}

/** A file that can be locked: kept open, so that asking again costs next to nothing. */
export interface LockableFile {
  /** Whether it is now locked for this process, by this or an earlier call. */
  tryLock(): boolean;
  /** Lets others have it; it stays open. */
  unlock(): void;
  /** Closes it, and lets others have it. Safe to call twice. */
  close(): void;
}

/**
 * Locks the file at `path`, making it if need be, until it is released or its process ends, whatever ends it. The lock is the
 * kernel's, so it knows nothing of process numbers and holds across containers and users of one machine; SQLite, through
 * which it is taken, also keeps the threads of one process apart. The file stays empty. The process that holds it must not
 * open it in any other way: on POSIX, closing it again would release the lock.
 *
 * @returns undefined when somebody else has it, be it in this process.
 * @throws {Error} of SQLite when the file cannot be opened for writing.
 */
export function lockFile(path: string): FileLock | undefined {
  const file = openLockable(path);
  try {
    if (file.tryLock()) return { release: file.close };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/** Opens a file to lock it as {@link lockFile} does, making it if need be. */
export function openLockable(path: string): LockableFile {
  // Nothing is ever written; this keeps SQLite from making a journal beside the file all the same.
  return createLockable(openConnection(path), 'PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY');
}

/**
 * The same for a lock that is taken and released very often: a quarter of the processor time (6 instead of 22 µs for both), because the lock
 * lies in memory that processes share. So SQLite keeps `-wal` and `-shm` beside the file, and the file is not empty.
 *
 * @param waitMs How long to wait for somebody else to release it; blocks the thread.
 */
export function openQuickLockable(path: string, waitMs: number): LockableFile {
  return createLockable(openConnection(path), `PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = WAL`);
}

/** `prepare` is run before the file is locked for the first time. */
function createLockable(connection: SqlConnection, prepare: string): LockableFile {
  let isPrepared = false;
  let isLocked = false;
  let isClosed = false;
  return {
    tryLock() {
      if (isLocked) return true;
      try {
        if (!isPrepared) connection.exec(prepare);
        isPrepared = true;
        connection.exec('BEGIN IMMEDIATE');
        isLocked = true;
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
      return isLocked;
    },
    unlock() {
      if (isLocked) connection.exec('ROLLBACK');
      isLocked = false;
    },
    close() {
      if (!isClosed) connection.close();
      isClosed = true;
    },
  };
}
