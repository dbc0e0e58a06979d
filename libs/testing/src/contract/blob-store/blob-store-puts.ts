import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { WithStore } from './blob-store-under-test.ts';
import { bytesOf, collect, put } from './bytes.ts';

/** Size of the upload that must not be held in memory, in bytes. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** What may be in memory on the way, in bytes. */
const HELD_BYTES = LARGE_BYTES / 16;
/** How often memory is looked at, in bytes that went by. */
const LOOK_EVERY_BYTES = LARGE_BYTES / 8;
/** Bytes yielded at a time. */
const CHUNK_BYTES = 65_536;
/** SHA-256 of `abc`, from FIPS 180-2. */
const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

/** Bytes in buffers that somebody still needs: garbage is collected first. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  // Buffers are freed by another thread, which may still be at it: the next collection waits for it first.
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Declares the tests of `put`. */
export function describeBlobPuts(withStore: WithStore): void {
  describeStored(withStore);
  describeRefusals(withStore);
  describeAborts(withStore);
}

function describeStored(withStore: WithStore): void {
  test('what is put is there, with its size and digest', () =>
    withStore(async ({ store }) => {
      const stored = await store.put('a/file', bytesOf('a', '', 'bc'));

      expect(stored).toEqual({ key: 'a/file', sizeBytes: 3, sha256: SHA256_OF_ABC });
      expect(await store.stat('a/file')).toEqual({ key: 'a/file', sizeBytes: 3 });
      expect(await collect(await store.open('a/file'))).toBe('abc');
    }));

  test('nothing can be stored as well', () =>
    withStore(async ({ store }) => {
      expect(await store.put('empty', bytesOf())).toMatchObject({ sizeBytes: 0 });
      expect(await collect(await store.open('empty'))).toBe('');
    }));

  test('a put takes the place of what was there', () =>
    withStore(async ({ store, count }) => {
      await put(store, 'file', 'a longer one');
      await put(store, 'file', 'short');

      expect(await collect(await store.open('file'))).toBe('short');
      expect(await count()).toBe(1);
    }));

  test('puts under one key at the same time leave one of them, whole', () =>
    withStore(async ({ store, count }) => {
      const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000));

      await Promise.all(texts.map((text) => put(store, 'file', text)));

      expect(texts).toContain(await collect(await store.open('file')));
      expect(await count()).toBe(1);
    }));

  test('64 MB pass through without being held in memory', { timeout: 60_000 }, () =>
    withStore(async ({ store }) => {
      const hash = createHash('sha256');
      const before = heldBytes();
      let mostHeld = 0;
      async function* large() {
        for (let made = 0; made < LARGE_BYTES; made += CHUNK_BYTES) {
          const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES).fill(made / CHUNK_BYTES);
          hash.update(chunk);
          yield chunk;
          if (made % LOOK_EVERY_BYTES === 0) mostHeld = Math.max(mostHeld, heldBytes() - before);
        }
      }

      const stored = await store.put('large', large());

      expect(stored).toEqual({ key: 'large', sizeBytes: LARGE_BYTES, sha256: hash.digest('hex') });
      expect(mostHeld).toBeLessThan(HELD_BYTES);
    }),
  );
}

function describeRefusals(withStore: WithStore): void {
  test('as many bytes as allowed are stored, one more is refused and leaves what was there', () =>
    withStore(async ({ store, count }) => {
      await store.put('file', bytesOf('ab', 'c'), { maxBytes: 3 });

      const refused = store.put('file', bytesOf('ab', 'cd'), { maxBytes: 3 });

      await expect(refused).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
      expect(await collect(await store.open('file'))).toBe('abc');
      expect(await count()).toBe(1);
    }));

  test('bytes of another digest are refused and leave what was there', () =>
    withStore(async ({ store, count }) => {
      await store.put('file', bytesOf('abc'), { sha256: SHA256_OF_ABC });

      const refused = store.put('file', bytesOf('abd'), { sha256: SHA256_OF_ABC });

      await expect(refused).rejects.toMatchObject({ code: 'UPLOAD_DIGEST_MISMATCH' });
      expect(await collect(await store.open('file'))).toBe('abc');
      expect(await count()).toBe(1);
    }));

  test('a source that fails leaves nothing, and its error is passed on as it is', () =>
    withStore(async ({ store, count }) => {
      const failure = new Error('the client is gone');
      async function* failing() {
        yield* bytesOf('ab');
        throw failure;
      }

      await expect(store.put('file', failing())).rejects.toBe(failure);
      await expect(store.put('file', failing(), { signal: new AbortController().signal })).rejects.toBe(
        failure,
      );
      expect(await count()).toBe(0);
    }));

  test('a source is told to stop when its bytes are refused', () =>
    withStore(async ({ store }) => {
      let isStopped = false;
      async function* endless() {
        try {
          for (;;) yield* bytesOf('abc');
        } finally {
          isStopped = true;
        }
      }

      await expect(store.put('file', endless(), { maxBytes: 10 })).rejects.toMatchObject({
        code: 'UPLOAD_TOO_LARGE',
      });
      expect(isStopped).toBe(true);
    }));
}

function describeAborts(withStore: WithStore): void {
  test('an abort in the middle stops a source that says nothing more, and leaves nothing', () =>
    withStore(async ({ store, count }) => {
      const stopping = new AbortController();
      const reason = new Error('enough');
      async function* hanging() {
        yield* bytesOf('ab');
        stopping.abort(reason);
        await new Promise(() => undefined);
      }

      await expect(store.put('file', hanging(), { signal: stopping.signal })).rejects.toBe(reason);
      expect(await count()).toBe(0);
    }));

  test('what is aborted before it begins reads nothing', () =>
    withStore(async ({ store, count }) => {
      let isRead = false;
      async function* bytes() {
        isRead = true;
        yield* bytesOf('ab');
      }

      await expect(
        store.put('file', bytes(), { signal: AbortSignal.abort(new Error('enough')) }),
      ).rejects.toThrow('enough');
      expect(isRead).toBe(false);
      expect(await count()).toBe(0);
    }));
}
