import { existsSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBlobStoreContract } from '@leveret/testing';
import { canMountDisks, mountSmallDisk } from '@leveret/testing/machine';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFileBlobStore } from './file-blob-store.ts';

async function* abc() {
  yield Buffer.from('abc');
}

async function openStore() {
  const root = await mkdtemp(join(tmpdir(), 'leveret-blobs-'));
  const files = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return {
    root,
    store: await createFileBlobStore({ root }),
    async age(ms: number) {
      const past = (Date.now() - ms) / 1_000;
      for (const { parentPath, name } of await files()) await utimes(join(parentPath, name), past, past);
    },
    count: async () => (await files()).length,
    close: () => rm(root, { recursive: true }),
  };
}

/** Runs a test in a folder of its own. */
async function inFolder(use: (under: Awaited<ReturnType<typeof openStore>>) => Promise<void>): Promise<void> {
  const under = await openStore();
  try {
    await use(under);
  } finally {
    await under.close();
  }
}

describeBlobStoreContract('a folder', openStore);

test('a sweep deletes what a writer that died left behind, and only when it is old', () =>
  inFolder(async ({ root, store, age, count }) => {
    await mkdir(join(root, 'incoming'));
    await writeFile(join(root, 'incoming', '~unfinished'), 'x');

    expect(await store.sweep('incoming/', 60_000)).toBe(0);
    await age(120_000);
    expect(await store.sweep('incoming/', 60_000)).toBe(1);
    expect(await count()).toBe(0);
  }));

test('what a writer that died left behind is in no list, and is deleted alone when only that is wanted', () =>
  inFolder(async ({ root, store, age, count }) => {
    await store.put('thumbnails/1/a', abc());
    await writeFile(join(root, 'thumbnails', '1', '~unfinished'), 'x');
    await age(120_000);

    const keys: string[] = [];
    for await (const { key } of store.list('thumbnails/')) keys.push(key);

    expect(keys).toEqual(['thumbnails/1/a']);
    expect(await store.sweep('thumbnails/', 60_000, { isUnfinishedOnly: true })).toBe(1);
    expect(await count()).toBe(1);
  }));

test('folders that are left empty are deleted, except the first below the root', () =>
  inFolder(async ({ root, store }) => {
    for (const key of ['a/b/c/1', 'a/2', 'd/e/3', 'f/g/4', 'f/5']) await store.put(key, abc());

    await store.delete('a/b/c/1');
    await store.move('d/e/3', 'd2/3');
    await store.sweep('f/g', -1_000);

    const names = await readdir(root, { recursive: true });
    expect(names.sort()).toEqual(['a', 'a/2', 'd', 'd2', 'd2/3', 'f', 'f/5']);
  }));

test('files can be stored in a folder, or moved to it, while others delete it because it is empty', () =>
  inFolder(async ({ store }) => {
    await store.put('from/file', abc());
    await Promise.all(
      Array.from({ length: 100 }, async (_, number) => {
        const key = `to/folder/${number}`;
        await (number % 2 === 0 ? store.put(key, abc()) : store.put(`from/${number}`, abc()));
        if (number % 2 === 1) await store.move(`from/${number}`, key);
        expect(await store.stat(key)).toBeDefined();
        await store.delete(key);
      }),
    );

    expect(await store.stat('from/file')).toBeDefined();
  }));

test('a sweep tells the age of files by the clock of the file system, and leaves nothing of its own', () =>
  inFolder(async ({ store, age, count }) => {
    await store.put('incoming/old', abc());
    await age(120_000);
    await store.put('incoming/new', abc());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());

    expect(await store.sweep('incoming', 60_000)).toBe(1);
    expect(await store.stat('incoming/new')).toBeDefined();
    expect(await count()).toBe(1);
  }));

test('there is no time in a folder that is gone', () =>
  inFolder(async ({ root }) => {
    const store = await createFileBlobStore({ root: join(root, 'blobs') });
    await rm(join(root, 'blobs'), { recursive: true });

    await expect(store.now()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  }));

test('a sweep follows no links out of the folder', () =>
  inFolder(async ({ root, store }) => {
    await inFolder(async (outside) => {
      await outside.store.put('kept', abc());
      await outside.age(3_600_000);
      await symlink(outside.root, join(root, 'link'));
      await symlink(join(outside.root, 'kept'), join(root, 'file-link'));

      expect(await store.sweep('', 60_000)).toBe(0);
      expect(await outside.count()).toBe(1);
    });
  }));

test('a key that is a folder of another is refused and changes nothing', () =>
  inFolder(async ({ store, count }) => {
    await store.put('a', abc());
    await store.put('b/c', abc());

    await expect(store.put('a/b', abc())).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(store.put('b', abc())).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(await count()).toBe(2);
  }));

test('files are kept from other users', () =>
  inFolder(async ({ root, store }) => {
    await store.put('folder/file', abc());

    expect((await stat(join(root, 'folder', 'file'))).mode & 0o007).toBe(0);
    expect((await stat(join(root, 'folder'))).mode & 0o007).toBe(0);
  }));

/** Where the system lists the files that this process has open. */
const OPEN_FILES = '/proc/self/fd';

test.runIf(existsSync(OPEN_FILES))('a reader that ends closes its file, even before it began', () =>
  inFolder(async ({ root, store }) => {
    const openFiles = async () => {
      const links = (await readdir(OPEN_FILES)).map((name) =>
        readlink(join(OPEN_FILES, name)).catch(() => 'closed'),
      );
      return (await Promise.all(links)).filter((path) => path.startsWith(root));
    };
    await store.put('file', abc());
    const iterator = (await store.open('file'))[Symbol.asyncIterator]();
    expect(await openFiles()).toHaveLength(1);

    await iterator.return?.();

    expect(await openFiles()).toEqual([]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    for await (const chunk of await store.open('file')) expect(chunk.byteLength).toBe(3);
    expect(await openFiles()).toEqual([]);
  }),
);

test.each([{ start: -1 }, { start: 0.5 }, { start: 3, end: 2 }, { end: Number.NaN }])(
  '%j is no range',
  (range) =>
    inFolder(async ({ store }) => {
      await store.put('file', abc());

      await expect(store.open('file', range)).rejects.toThrow(RangeError);
    }),
);

/** Zeros, a mebibyte at a time. */
async function* mebibytes(count: number) {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(1_048_576);
}

describe.skipIf(!canMountDisks())('on a disk of 40 MiB, of which new work leaves half', () => {
  async function openOnSmallDisk() {
    const disk = await mountSmallDisk(40);
    onTestFinished(() => disk[Symbol.asyncDispose]());
    const freeBytes = async () => {
      const { bavail, bsize } = await statfs(disk.path);
      return bavail * bsize;
    };
    return { store: await createFileBlobStore({ root: disk.path }), freeBytes };
  }
  const newWork = { expectedBytes: 0 };

  test('a file that says it is too large is refused before any of it is read', async () => {
    const { store } = await openOnSmallDisk();
    const bytes = mebibytes(1);

    const put = store.put('a', bytes, { newWork: { expectedBytes: 21 * 1_048_576 } });

    await expect(put).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringContaining('20.0 MiB are kept for finishing jobs'),
    });
    expect((await bytes.next()).done).toBe(false);
  });

  test('a file that grows too large is refused in time, and nothing of it stays', async () => {
    const { store, freeBytes } = await openOnSmallDisk();
    let leastBytes = Number.POSITIVE_INFINITY;
    async function* watched() {
      for await (const chunk of mebibytes(40)) {
        leastBytes = Math.min(leastBytes, await freeBytes());
        yield chunk;
      }
    }

    await expect(store.put('a', watched(), { newWork })).rejects.toMatchObject({ code: 'STORAGE_FULL' });

    expect(leastBytes).toBeGreaterThanOrEqual(18 * 1_048_576);
    expect(await freeBytes()).toBeGreaterThan(39 * 1_048_576);
    expect(await store.put('b', mebibytes(15), { newWork })).toMatchObject({ sizeBytes: 15 * 1_048_576 });
  });

  test('what finishes work may use all of it', async () => {
    const { store } = await openOnSmallDisk();

    await store.put('a', mebibytes(36));

    await expect(store.put('b', mebibytes(1), { newWork })).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await store.put('c', mebibytes(1))).toMatchObject({ key: 'c' });
  });
});

test('two stores share a folder', () =>
  inFolder(async ({ root, store }) => {
    const other = await createFileBlobStore({ root });
    await store.put('file', abc());

    expect(await other.stat('file')).toEqual({ key: 'file', sizeBytes: 3 });
  }));

test('a folder that cannot be made is reported with its path', () =>
  inFolder(async ({ root, store }) => {
    await store.put('file', abc());

    const opening = createFileBlobStore({ root: join(root, 'file') });

    await expect(opening).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining(root),
    });
  }));
