import { mkdir, open, readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing } from './storage-error.ts';

/** Owner reads and writes, group reads: uploads are nobody else's business. */
const FOLDER_MODE = 0o750;

/** Makes the names in `folder` durable: after a power cut, a file renamed into it is still there. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; NTFS journals its names.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes `folder` and those above it, durably. Nothing happens when it is there. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  const above = dirname(first);
  for (let parent = dirname(folder); parent.length >= above.length; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(parent)) return;
  }
}

/** A file found by {@link filesBelow}. */
export interface FoundFile {
  readonly path: string;
  /** When it was last written, in milliseconds since 1970. */
  readonly writtenAt: number;
}

/** Every file in `folder` and the folders in it; none when there is no such folder. Links are not followed. */
export async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  const entries = await unlessMissing(readdir(folder, { withFileTypes: true }));
  for (const entry of entries ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    if (!entry.isFile()) continue;
    const found = await unlessMissing(stat(path));
    if (found !== undefined) yield { path, writtenAt: found.mtimeMs };
  }
}

/** The file at `path`, or every one below the folder there. */
export async function* filesAt(path: string): AsyncGenerator<FoundFile> {
  const found = await unlessMissing(stat(path));
  if (found?.isFile()) yield { path, writtenAt: found.mtimeMs };
  else yield* filesBelow(path);
}

/**
 * Deletes the folders above `path` that are empty, up to the first level below `root`. Whoever puts a file into one of them meanwhile makes it anew.
 */
export async function removeEmptyFolders(root: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== root && dirname(folder) !== root; folder = dirname(folder)) {
    const isRemoved = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}

/** Size in bytes of the file at `path`; undefined when there is none, or a folder. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await unlessMissing(stat(path));
  return found?.isFile() ? found.size : undefined;
}

/** How often work is done again that did not find its folder. */
const MAX_REPETITIONS = 10;

/** What `work` resolves with. It is done again when its folder is missing that it has just made: other processes delete empty folders. */
export async function againIfMissing<T>(work: () => Promise<T>): Promise<T> {
  for (let left = MAX_REPETITIONS; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!isMissing(error) || left === 0) throw error;
    }
  }
}

/** What `work` resolves with, or undefined when it finds no such file. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
