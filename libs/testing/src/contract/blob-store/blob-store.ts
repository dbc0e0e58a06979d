import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeBlobPuts } from './blob-store-puts.ts';
import type { BlobStoreUnderTest, WithStore } from './blob-store-under-test.ts';
import { bytesOf, collect, put } from './bytes.ts';

/** Declares the tests that hold a driver to the sentences of `BlobStore`. `open` is called for every test. */
export function describeBlobStoreContract(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  async function withStore(use: (under: BlobStoreUnderTest) => Promise<void>): Promise<void> {
    const under = await open();
    try {
      await use(under);
    } finally {
      await under.close();
    }
  }
  describe(`${name} is a blob store`, () => {
    describeKeys(withStore);
    describeBlobPuts(withStore);
    describeReads(withStore);
    describeChanges(withStore);
    describeList(withStore);
    describeSweep(withStore);
  });
}

function describeKeys(withStore: WithStore): void {
  test.each(['a', 'A-1/b_2/c.mp4', '.hidden/...', 'a'.repeat(200)])('%s is a key', (key) =>
    withStore(async ({ store }) => {
      await put(store, key, 'x');

      expect(await collect(await store.open(key))).toBe('x');
    }),
  );

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/./b',
    'a\\b',
    'a b',
    'a\0',
    'ä',
    '~a',
    'C:a',
    'a\n',
  ])('%j is no key for any method', (key) =>
    withStore(async ({ store, count }) => {
      await put(store, 'good', 'x');

      await expect(put(store, key, 'x')).rejects.toThrow(RangeError);
      await expect(store.open(key)).rejects.toThrow(RangeError);
      await expect(store.stat(key)).rejects.toThrow(RangeError);
      await expect(store.move(key, 'b')).rejects.toThrow(RangeError);
      await expect(store.move('good', key)).rejects.toThrow(RangeError);
      await expect(store.delete(key)).rejects.toThrow(RangeError);
      await expect(store.withLocalFile(key, async () => undefined)).rejects.toThrow(RangeError);
      expect(await count()).toBe(1);
    }),
  );
}

function describeReads(withStore: WithStore): void {
  test.each([
    [{ start: 2 }, 'cdef'],
    [{ end: 2 }, 'abc'],
    [{ start: 1, end: 3 }, 'bcd'],
    [{ start: 5, end: 5 }, 'f'],
    [{ start: 4, end: 99 }, 'ef'],
    [{ start: 6 }, ''],
  ])('the range %j of abcdef is "%s"', (range, expected) =>
    withStore(async ({ store }) => {
      await put(store, 'file', 'abcdef');

      expect(await collect(await store.open('file', range))).toBe(expected);
    }),
  );

  test('a reader that began before a file was replaced reads the old one whole', () =>
    withStore(async ({ store }) => {
      await put(store, 'file', 'old'.repeat(100_000));
      const before = await store.open('file');
      await put(store, 'file', 'new');

      expect(await collect(before)).toBe('old'.repeat(100_000));
    }));

  test('a reader may stop early', () =>
    withStore(async ({ store }) => {
      await put(store, 'file', 'x'.repeat(1_000_000));

      for await (const chunk of await store.open('file')) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      await store.delete('file');

      expect(await store.stat('file')).toBeUndefined();
    }));

  test('what is not there cannot be opened, and has no size', () =>
    withStore(async ({ store }) => {
      await put(store, 'folder/file', 'x');

      for (const key of ['none', 'folder', 'folder/none', 'folder/file/below']) {
        await expect(store.open(key), key).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
        expect(await store.stat(key), key).toBeUndefined();
      }
    }));

  test('a file is lent as a local one that holds its bytes', () =>
    withStore(async ({ store }) => {
      await put(store, 'file', 'abc');

      const read = await store.withLocalFile('file', (path) => readFile(path, 'utf8'));

      expect(read).toBe('abc');
      await expect(store.withLocalFile('none', async () => 'called')).rejects.toMatchObject({
        code: 'BLOB_NOT_FOUND',
      });
    }));

  test('what goes wrong with a local file is passed on as it is', () =>
    withStore(async ({ store }) => {
      await put(store, 'file', 'abc');
      const failure = new Error('no decoder');

      await expect(store.withLocalFile('file', () => Promise.reject(failure))).rejects.toBe(failure);
    }));
}

function describeChanges(withStore: WithStore): void {
  test('a move renames, in place of what was there', () =>
    withStore(async ({ store, count }) => {
      await put(store, 'from/a', 'new');
      await put(store, 'to/b', 'old');

      await store.move('from/a', 'to/b');

      expect(await collect(await store.open('to/b'))).toBe('new');
      expect(await store.stat('from/a')).toBeUndefined();
      expect(await count()).toBe(1);
    }));

  test('a move that was done before is done', () =>
    withStore(async ({ store }) => {
      await put(store, 'a', 'x');
      await store.move('a', 'b');

      await store.move('a', 'b');

      expect(await collect(await store.open('b'))).toBe('x');
    }));

  test('nothing cannot be moved', () =>
    withStore(async ({ store }) => {
      await put(store, 'folder/file', 'x');

      await expect(store.move('none', 'other')).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(store.move('folder', 'other')).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      expect(await collect(await store.open('folder/file'))).toBe('x');
    }));

  test('a file is deleted, and deleting it again changes nothing', () =>
    withStore(async ({ store, count }) => {
      await put(store, 'folder/file', 'x');
      await put(store, 'folder/other', 'x');

      for (const key of ['folder/file', 'folder/file', 'folder', 'none/at/all']) await store.delete(key);

      expect(await store.stat('folder/file')).toBeUndefined();
      expect(await count()).toBe(1);
    }));
}

function describeList(withStore: WithStore): void {
  async function keysAt(store: BlobStoreUnderTest['store'], prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys.sort();
  }

  test.each([
    ['a/', ['a/1', 'a/b/2']],
    ['a', ['a/1', 'a/b/2']],
    ['a/b/', ['a/b/2']],
    ['a/1', ['a/1']],
    ['a/2', []],
    ['', ['a/1', 'a/b/2', 'aa']],
  ])('the files at %j are listed, with all below it', (prefix, expected) =>
    withStore(async ({ store }) => {
      for (const key of ['a/1', 'a/b/2', 'aa']) await put(store, key, 'x');

      expect(await keysAt(store, prefix)).toEqual(expected);
    }),
  );

  test('a file is listed with when it was written, and a move does not change that', () =>
    withStore(async ({ store, age }) => {
      const [old, fresh] = ['a', 'b'];
      await put(store, old, 'x');
      await age(60_000);
      await put(store, fresh, 'x');
      await store.move(old, 'c/d');

      const writtenAt = new Map<string, number>();
      for await (const found of store.list('')) writtenAt.set(found.key, found.writtenAt);

      const olderMs = (writtenAt.get(fresh) ?? 0) - (writtenAt.get('c/d') ?? 0);
      expect(olderMs).toBeGreaterThan(59_000);
      expect(olderMs).toBeLessThan(90_000);
    }));

  test('a file that is written now gets the time of the storage', () =>
    withStore(async ({ store, count }) => {
      const before = await store.now();
      await put(store, 'a', 'x');
      const after = await store.now();

      for await (const { writtenAt } of store.list('')) {
        expect(writtenAt).toBeGreaterThanOrEqual(before);
        expect(writtenAt).toBeLessThanOrEqual(after);
      }
      expect(await count()).toBe(1);
    }));

  test('a prefix that is none is refused', () =>
    withStore(async ({ store }) => {
      await expect(keysAt(store, '../')).rejects.toThrow(RangeError);
    }));
}

function describeSweep(withStore: WithStore): void {
  test('a sweep deletes what is old below the prefix, and says how many', () =>
    withStore(async ({ store, age }) => {
      for (const key of ['incoming/a', 'incoming/deep/b', 'incoming2/c', 'kept/d'])
        await put(store, key, 'x');
      await age(60_000);
      await put(store, 'incoming/new', 'x');

      expect(await store.sweep('incoming/', 30_000)).toBe(2);

      const left = ['incoming/a', 'incoming/deep/b', 'incoming2/c', 'kept/d', 'incoming/new'];
      const stats = await Promise.all(left.map((key) => store.stat(key)));
      expect(stats.map((stat) => stat !== undefined)).toEqual([false, false, true, true, true]);
    }));

  test('a sweep of what is unfinished deletes no file', () =>
    withStore(async ({ store, age }) => {
      await put(store, 'incoming/a', 'x');
      await age(60_000);

      expect(await store.sweep('incoming/', 30_000, { isUnfinishedOnly: true })).toBe(0);
      expect(await store.stat('incoming/a')).toBeDefined();
    }));

  test('what was written again is not old', () =>
    withStore(async ({ store, age }) => {
      await put(store, 'incoming/a', 'x');
      await age(60_000);
      await store.put('incoming/a', bytesOf('y'));

      expect(await store.sweep('incoming', 30_000)).toBe(0);
    }));

  test('a sweep of nothing deletes nothing, and no prefix leads outside', () =>
    withStore(async ({ store }) => {
      expect(await store.sweep('none/', 0)).toBe(0);
      await expect(store.sweep('../', 0)).rejects.toThrow(RangeError);
      await expect(store.sweep('/', 0)).rejects.toThrow(RangeError);
    }));
}
