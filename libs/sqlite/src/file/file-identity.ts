import { closeSync, openSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { messageOf } from '@leveret/core';

/** An opened database file and its write-ahead log, as they lie in the folder. */
export interface FileIdentity {
  /** Whether the log that this process writes to is no longer in the folder, while the file still is. */
  hasLostLog(): boolean;
  /** @throws {FileReplaced} when the file or the log in the folder is not the one that was opened, or cannot be looked at. */
  check(): void;
  /** Nothing is checked any more. Safe to call twice. */
  close(): void;
}

/** What is in the folder is not what was opened. It has the code by which SQLite itself says so. */
export class FileReplaced extends Error {
  override readonly name = 'FileReplaced';
  readonly code = 'SQLITE_READONLY_DBMOVED';
}

/** Remembers which file and which log were opened: to be called when both are open. */
export function rememberFile(file: string): FileIdentity {
  const log = `${file}-wal`;
  const [openedFile, openedLog] = [find(file), find(log)];
  const place = watchPlace(log);
  return {
    hasLostLog: () => find(log) === undefined && isSame(find(file), openedFile),
    check: () => whileVisible(file, check),
    close: place.close,
  };

  function check(): void {
    const foundFile = find(file);
    const isFileSame = isSame(foundFile, openedFile);
    if (isFileSame && place.isKnownSame()) return;
    const foundLog = find(log);
    if (isFileSame && isSame(foundLog, openedLog)) return;
    const [what, found] = isFileSame ? ['its -wal file', foundLog] : ['the file', foundFile];
    const became = found === undefined ? 'is gone: it was moved or deleted' : 'was replaced by another file';
    throw new FileReplaced(
      `${what} ${became} while this process had it open; nothing more is stored in it. Put the file back with its -wal file, or restart this process to use what is there now`,
    );
  }
}

/** What cannot be seen may have been replaced. */
function whileVisible(file: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof FileReplaced) throw error;
    throw new FileReplaced(
      `nothing is stored while it is unknown whether ${file} is the file that was opened: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Tells without `stat` that a file is where it was. */
interface Place {
  /** False when it may be elsewhere: ask `stat`. */
  isKnownSame(): boolean;
  close(): void;
}

/**
 * Keeps `path` open and follows the link to it in `/proc`, which changes when the file is moved, replaced or deleted. Since Linux 6.13, the first
 * write after a `stat` sets a new time of change, and the next `fsync` must write that too: `stat` of the log before each commit
 * makes the commit a quarter slower. Where there is no `/proc`, nothing is known.
 */
function watchPlace(path: string): Place {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    const link = `/proc/self/fd/${handle}`;
    const opened = readlinkSync(link);
    return {
      isKnownSame: () => handle !== undefined && linkAt(link) === opened,
      close,
    };
  } catch {
    return { isKnownSame: () => false, close };
  }

  /** SQLite takes no locks on the log, so closing it releases none. */
  function close(): void {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  }
}

/** Undefined where `/proc` is gone. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function find(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isSame(found: Stats | undefined, opened: Stats | undefined): boolean {
  return found?.ino === opened?.ino && found?.dev === opened?.dev;
}
