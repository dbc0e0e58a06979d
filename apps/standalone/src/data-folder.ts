import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LeveretError, messageOf } from '@leveret/core';

/** Empty, and locked by who uses the folder. It stays: to delete it would let two processes hold a lock of that name. */
const LOCK_FILE = 'in-use.lock';
/** Says who that is. */
const PID_FILE = 'in-use.pid';
/** Long enough to sit out another process that only looks whether the folder is free, in milliseconds. */
const LOCK_WAIT_MS = 50;

/** Locks a file for this process, until released or until the process ends; undefined when somebody else has it. */
export type LockFile = (path: string, waitMs: number) => { release(): void } | undefined;

/** A data folder that belongs to this process. */
export interface DataFolder {
  /** Lets others use the folder. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Makes the folder if need be and claims it for this process, until it is released or the process ends, whatever ends it.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, `DATA_DIR_IN_USE`.
 */
export async function claimDataFolder(path: string, lockFile: LockFile): Promise<DataFolder> {
  const pidFile = join(path, PID_FILE);
  const lock = await orUnwritable(path, async () => {
    await mkdir(path, { recursive: true });
    return lockFile(join(path, LOCK_FILE), LOCK_WAIT_MS);
  });
  if (lock === undefined) throw await inUse(path, pidFile);
  try {
    await orUnwritable(path, () => writeFile(pidFile, `${process.pid}\n`).catch(unlessFull));
  } catch (error) {
    lock.release();
    throw error;
  }
  let released: Promise<void> | undefined;
  return {
    release() {
      released ??= rm(pidFile, { force: true }).finally(() => lock.release());
      return released;
    },
  };
}

async function orUnwritable<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot write to ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The number is for people: without room for it, a process starts all the same. @throws {unknown} any other error. */
function unlessFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}

/** The owner writes its number right after it has the lock; for a moment it is not known. */
async function inUse(path: string, pidFile: string): Promise<LeveretError> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  return pid > 0
    ? new LeveretError('DATA_DIR_IN_USE', `the folder ${path} is used by the process ${pid}`, {
        details: { pid },
      })
    : new LeveretError('DATA_DIR_IN_USE', `the folder ${path} is used by another process`);
}
