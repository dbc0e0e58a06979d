import { isBusy, openConnection } from './libsql.ts';

/** A file that this process has to itself. */
export interface FileLock {
  /** Lets others have it; the file stays. Safe to call twice. */
  release(): void;
}

/**
 * Locks the file at `path`, making it if need be, until it is released or its process ends, whatever ends it. The lock is the
 * kernel's, so it knows nothing of process numbers and holds across containers and users of one machine; SQLite, through
 * which it is taken, also keeps the threads of one process apart. The file stays empty. The process that holds it must not
 * open it in any other way: on POSIX, closing it again would release the lock.
 *
 * @param waitMs How long to wait for somebody else to release it; blocks the thread.
 * @returns undefined when somebody else has it, be it in this process.
 * @throws {Error} of SQLite when the file cannot be opened for writing.
 */
export function lockFile(path: string, waitMs = 0): FileLock | undefined {
  const connection = openConnection(path);
  try {
    connection.exec(`PRAGMA busy_timeout = ${waitMs}`);
    // Nothing is ever written; this keeps SQLite from making a journal beside the file all the same.
    connection.exec('PRAGMA journal_mode = MEMORY');
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  let held = true;
  return {
    release() {
      if (held) connection.close();
      held = false;
    },
  };
}
