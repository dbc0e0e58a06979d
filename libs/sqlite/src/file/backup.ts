import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LeveretError, messageOf } from '@leveret/core';
import { openConnection } from './libsql.ts';

/** What is copied, and where to. */
export interface BackupOptions {
  /** The database file. Processes may use it meanwhile. */
  readonly file: string;
  /** The copy. It must not exist; its folder must. */
  readonly to: string;
}

/** A copy that was made. */
export interface BackupReport {
  /** Its absolute path. */
  readonly file: string;
  readonly sizeBytes: number;
}

/**
 * Copies a database file, as it is at one moment. The copy is a single file, complete, checked and on the disk when this resolves; when it
 * rejects, there is none. Blocks this thread while SQLite copies.
 *
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such database or the copy exists, `STORE_UNAVAILABLE` when it cannot be read
 *   or written.
 */
export async function backUpDatabase({ file: from, to }: BackupOptions): Promise<BackupReport> {
  const [file, copy] = [resolve(from), resolve(to)];
  if (!existsSync(file)) throw new LeveretError('CONFIG_INVALID', `there is no file ${file}`);
  if (existsSync(copy)) throw existing(copy);
  const partial = `${copy}.${randomUUID()}.partial`;
  try {
    await requireRoom(file, copy);
    copyInto(file, partial);
    checkCopy(partial);
    await flush(partial);
    // Fails when another backup took the name meanwhile, where renaming would overwrite.
    await link(partial, copy);
    await flush(dirname(copy));
    return { file: copy, sizeBytes: (await stat(copy)).size };
  } catch (cause) {
    if (cause instanceof LeveretError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') throw existing(copy);
    throw new LeveretError('STORE_UNAVAILABLE', `${file} was not copied: ${messageOf(cause)}`, { cause });
  } finally {
    for (const path of [partial, `${partial}-journal`]) await rm(path, { force: true });
  }
}

function existing(copy: string): LeveretError {
  return new LeveretError('CONFIG_INVALID', `${copy} exists: name a new file, nothing is overwritten`);
}

async function requireRoom(file: string, copy: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(copy));
  const { size } = await stat(file);
  if (bavail * bsize >= size) return;
  throw new LeveretError(
    'STORE_UNAVAILABLE',
    `${dirname(copy)} has ${bavail * bsize} bytes left and ${file} has ${size}: free space, or name another folder`,
  );
}

function copyInto(file: string, partial: string): void {
  const connection = openConnection(file);
  try {
    connection.exec('PRAGMA busy_timeout = 5000');
    connection.exec('SELECT 1 FROM message LIMIT 1');
    connection.exec(`VACUUM INTO '${partial.replaceAll("'", "''")}'`);
  } finally {
    connection.close();
  }
}

/** @throws {Error} when the copy is damaged. */
function checkCopy(partial: string): void {
  const connection = openConnection(partial);
  const faults = connection.prepare('PRAGMA quick_check(1)').all().flat();
  connection.close();
  if (faults.join() !== 'ok') throw new Error(`the copy is damaged: ${faults.join()}`);
}

/** SQLite does not: a copy must survive a loss of power as soon as it is reported. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
