import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LeveretError, messageOf } from '@leveret/core';

const LOCK_FILE = 'leveret.lock';
/** Field of `/proc/<pid>/stat` that holds when the process started (proc(5), field 22), counted behind the program's name. */
const START_TIME_FIELD = 19;

/** A data folder that belongs to this process. */
export interface DataFolder {
  /** Lets others use the folder. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Makes the folder if need be and claims it for this process. The claim of a process that is gone is taken over.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, `DATA_DIR_IN_USE`.
 */
export async function claimDataFolder(path: string): Promise<DataFolder> {
  const lock = join(path, LOCK_FILE);
  const claim = join(path, `${LOCK_FILE}.${randomUUID()}`);
  const identity = await identityOf(process.pid);
  try {
    await mkdir(path, { recursive: true });
    await writeFile(claim, identity, { flag: 'wx' });
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot write to ${path}: ${messageOf(cause)}`, { cause });
  }
  try {
    while (!(await placed(claim, lock))) await dismissDeadOwner(lock, path);
  } finally {
    await rm(claim, { force: true });
  }
  return {
    async release() {
      if ((await contentOf(lock)) === identity) await rm(lock, { force: true });
    },
  };
}

/** Puts the claim in place, unless somebody else's is there. A hard link is made whole or not at all. */
async function placed(claim: string, lock: string): Promise<boolean> {
  try {
    await link(claim, lock);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

async function dismissDeadOwner(lock: string, folder: string): Promise<void> {
  const owner = await contentOf(lock);
  if (owner === undefined) return;
  const pid = Number(owner.split(' ')[0]);
  if (Number.isInteger(pid) && pid > 0 && isAlive(pid) && (await identityOf(pid)) === owner) {
    throw new LeveretError('DATA_DIR_IN_USE', `the folder ${folder} is used by the process ${pid}`, {
      details: { pid },
    });
  }
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  await rm(aside, { force: true });
}

/** Tells a process from a later one of the same number, where the system says when it started. */
async function identityOf(pid: number): Promise<string> {
  const stat = await contentOf(`/proc/${pid}/stat`);
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD] ?? '';
  return `${pid} ${startTime}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ESRCH')) return undefined;
    throw error;
  }
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
