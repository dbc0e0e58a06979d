import type { FileHandle } from 'node:fs/promises';
import type { OpenOptions } from '@leveret/core';
import { guarded } from './storage-error.ts';

/** Bytes read at a time. */
const CHUNK_BYTES = 65_536;

/**
 * The bytes of an open file from `start` to `end`, once. Closes the file at the end, on an error, and when the reader stops
 * early, even before the first byte.
 */
export function readBytes(
  handle: FileHandle,
  { start = 0, end = Number.POSITIVE_INFINITY }: OpenOptions,
): AsyncIterable<Uint8Array> {
  let position = start;
  let isOpen = true;
  async function close(): Promise<IteratorResult<Uint8Array>> {
    if (isOpen) {
      isOpen = false;
      await handle.close();
    }
    return { done: true, value: undefined };
  }
  // Not a generator: one that is ended before it began runs no `finally`, and the file would stay open.
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const wantedBytes = Math.min(CHUNK_BYTES, end - position + 1);
      if (!isOpen || wantedBytes <= 0) return close();
      try {
        const { buffer, bytesRead } = await guarded('read a file', () =>
          handle.read(Buffer.allocUnsafeSlow(wantedBytes), 0, wantedBytes, position),
        );
        if (bytesRead === 0) return await close();
        position += bytesRead;
        return { done: false, value: buffer.subarray(0, bytesRead) };
      } catch (error) {
        await close();
        throw error;
      }
    },
    return: close,
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** @throws {RangeError} when `start` and `end` are not whole numbers from 0, in order. */
export function checkRange({ start = 0, end = Number.MAX_SAFE_INTEGER }: OpenOptions): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`bytes ${start} to ${end} are no range`);
  }
}
