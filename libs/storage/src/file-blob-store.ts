import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import {
  type BlobStat,
  type BlobStore,
  type FoundBlob,
  LeveretError,
  type OpenOptions,
  type PutOptions,
  type StoredBlob,
} from '@leveret/core';
import { parseBlobKey, parseBlobPrefix } from './blob-key.ts';
import { requireRoom } from './disk-room.ts';
import {
  againIfMissing,
  fileSize,
  filesAt,
  filesBelow,
  makeFolder,
  removeEmptyFolders,
  syncFolder,
  unlessMissing,
} from './folders.ts';
import { checkRange, readBytes } from './read-bytes.ts';
import { guarded, toStorageError } from './storage-error.ts';
import { writeBytes } from './write-bytes.ts';

/** Where files are stored. */
export interface FileBlobStoreOptions {
  /** The folder, on one file system; made when it is not there. Several processes may share it. */
  readonly root: string;
}

/** Owner reads and writes, group reads: uploads are nobody else's business. */
const FILE_MODE = 0o640;
/** Begins the names of unfinished files: no word of a key begins so. */
const UNFINISHED = '~';

/**
 * Stores files in a folder, each at the path that its key says. A file that is being written lies beside its place under
 * another name; `sweep` deletes it, and counts it, when its writer died. Folders that are left empty are deleted, except those directly below
 * `root`. One key cannot be a folder of another.
 *
 * @throws {LeveretError} `STORAGE_UNAVAILABLE` when the folder cannot be made.
 */
export async function createFileBlobStore({ root }: FileBlobStoreOptions): Promise<BlobStore> {
  const folder = resolve(root);
  await guarded(`make the folder ${folder}`, () => makeFolder(folder));
  const pathOf = (key: string) => join(folder, ...parseBlobKey(key));
  return {
    put: async (key, bytes, options = {}) => ({
      key,
      ...(await putFile({ root: folder, path: pathOf(key) }, bytes, options)),
    }),
    open: async (key, options = {}) => openFile(key, pathOf(key), options),
    stat: async (key) => statFile(key, pathOf(key)),
    async move(from, to) {
      await moveFile(from, pathOf(from), pathOf(to));
      await removeEmptyFolders(folder, pathOf(from));
    },
    async delete(key) {
      await deleteFile(pathOf(key));
      await removeEmptyFolders(folder, pathOf(key));
    },
    async withLocalFile(key, use) {
      const path = pathOf(key);
      if ((await statFile(key, path)) === undefined) throw notFound(key);
      return use(path);
    },
    list: (prefix) => listFiles(folder, parseBlobPrefix(prefix)),
    sweep: async (prefix, olderThanMs, { isUnfinishedOnly = false } = {}) =>
      sweepFolder(folder, { words: parseBlobPrefix(prefix), olderThanMs, isUnfinishedOnly }),
    now: async () => readTime(folder),
  };
}

function notFound(key: string): LeveretError {
  return new LeveretError('BLOB_NOT_FOUND', `no file ${key} in storage`, { details: { key } });
}

async function putFile(
  { root, path }: { readonly root: string; readonly path: string },
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<Omit<StoredBlob, 'key'>> {
  options.signal?.throwIfAborted();
  const folder = dirname(path);
  const unfinished = join(folder, `${UNFINISHED}${randomUUID()}`);
  const handle = await guarded('begin a file', async () => {
    if (options.newWork !== undefined) await requireRoom(root, options.newWork.expectedBytes);
    return againIfMissing(async () => {
      await makeFolder(folder);
      return open(unfinished, 'wx', FILE_MODE);
    });
  });
  try {
    const check = options.newWork === undefined ? {} : { checkRoom: () => requireRoom(root, 0) };
    const written = await writeBytes(handle, bytes, { ...options, ...check }).finally(() => handle.close());
    options.signal?.throwIfAborted();
    await guarded('put a file in its place', async () => {
      await rename(unfinished, path);
      await unlessMissing(syncFolder(folder));
    });
    return written;
  } catch (error) {
    // What went wrong is worth more than whether this works too; sweep deletes what stays.
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function openFile(key: string, path: string, options: OpenOptions): Promise<AsyncIterable<Uint8Array>> {
  checkRange(options);
  const handle = await guarded('open a file', async () => {
    // Told apart by its size first: a folder can be opened, but not read.
    if ((await fileSize(path)) === undefined) return undefined;
    return unlessMissing(open(path, 'r'));
  });
  if (handle === undefined) throw notFound(key);
  return readBytes(handle, options);
}

async function statFile(key: string, path: string): Promise<BlobStat | undefined> {
  const sizeBytes = await guarded('look at a file', () => fileSize(path));
  return sizeBytes === undefined ? undefined : { key, sizeBytes };
}

async function moveFile(key: string, from: string, to: string): Promise<void> {
  const isMoved = await guarded('move a file', () =>
    againIfMissing(async () => {
      // A folder would be renamed as well, with every file in it.
      if ((await fileSize(from)) === undefined) return false;
      await makeFolder(dirname(to));
      await rename(from, to);
      return true;
    }),
  );
  const isThere = isMoved || (await guarded('look at a file', () => fileSize(to))) !== undefined;
  if (!isThere) throw notFound(key);
  // Also when it was moved before: whoever did it may have died before this.
  await guarded('make a move durable', async () => {
    await unlessMissing(syncFolder(dirname(to)));
    await unlessMissing(syncFolder(dirname(from)));
  });
}

async function deleteFile(path: string): Promise<void> {
  await guarded('delete a file', async () => {
    if ((await fileSize(path)) !== undefined) await unlessMissing(unlink(path));
  });
}

async function* listFiles(root: string, words: readonly string[]): AsyncGenerator<FoundBlob> {
  try {
    for await (const { path, writtenAt } of filesAt(join(root, ...words)))
      if (!isUnfinished(path)) yield { key: relative(root, path).replaceAll(sep, '/'), writtenAt };
  } catch (cause) {
    throw toStorageError(cause, 'list files');
  }
}

interface FolderSweep {
  /** The folder below the root. */
  readonly words: readonly string[];
  readonly olderThanMs: number;
  readonly isUnfinishedOnly: boolean;
}

async function sweepFolder(
  root: string,
  { words, olderThanMs, isUnfinishedOnly }: FolderSweep,
): Promise<number> {
  return guarded('delete old files', async () => {
    let count = 0;
    let writtenBefore: number | undefined;
    for await (const { path, writtenAt } of filesBelow(join(root, ...words))) {
      if (isUnfinishedOnly && !isUnfinished(path)) continue;
      writtenBefore ??= (await readTime(root)) - olderThanMs;
      if (writtenAt >= writtenBefore) continue;
      const isDeleted = await unlessMissing(unlink(path).then(() => true));
      if (isDeleted) count += 1;
      await removeEmptyFolders(root, path);
    }
    return count;
  });
}

/** The time of the file system that `root` is on, which may be that of a file server, in milliseconds since 1970. */
async function readTime(root: string): Promise<number> {
  try {
    return await guarded('read the time of the file system', () => timeOfNewFile(root));
  } catch (error) {
    if (!(error instanceof LeveretError && error.code === 'STORAGE_FULL')) throw error;
    // Files can be deleted without room for a new one. An older time only makes them younger.
    return await guarded('look at a folder', async () => (await stat(root)).mtimeMs);
  }
}

async function timeOfNewFile(root: string): Promise<number> {
  const path = join(root, `${UNFINISHED}${randomUUID()}`);
  const handle = await open(path, 'wx', FILE_MODE);
  try {
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
}

function isUnfinished(path: string): boolean {
  return basename(path).startsWith(UNFINISHED);
}
