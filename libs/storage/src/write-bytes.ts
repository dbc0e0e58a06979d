import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { LeveretError, type PutOptions } from '@leveret/core';
import { toStorageError } from './storage-error.ts';

/** How often the room of the disk is checked, in bytes written. */
const CHECK_EVERY_BYTES = 1_048_576;

/** How bytes are written. */
export interface WriteOptions extends PutOptions {
  /** Called once for each mebibyte, before more is written. @throws {LeveretError} when nothing more may be written. */
  readonly checkRoom?: () => Promise<void>;
}

/** What was written. */
export interface WrittenBytes {
  readonly sizeBytes: number;
  /** SHA-256, in lower-case hex. */
  readonly sha256: string;
}

/**
 * Writes what `bytes` yields to a file, a chunk at a time, and makes it durable. The file stays open.
 *
 * @throws {LeveretError} `UPLOAD_TOO_LARGE`, `UPLOAD_DIGEST_MISMATCH`, `STORAGE_FULL`, `STORAGE_UNAVAILABLE`;
 *   the signal's reason when it aborts; whatever `bytes` throws.
 */
export async function writeBytes(
  handle: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
  { maxBytes = Number.POSITIVE_INFINITY, sha256, signal, checkRoom }: WriteOptions,
): Promise<WrittenBytes> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let checkAtBytes = CHECK_EVERY_BYTES;
  for await (const chunk of untilAborted(bytes, signal)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) {
      throw new LeveretError('UPLOAD_TOO_LARGE', `more than ${maxBytes} bytes`, { details: { maxBytes } });
    }
    if (sizeBytes > checkAtBytes) {
      await checkRoom?.();
      checkAtBytes = sizeBytes + CHECK_EVERY_BYTES;
    }
    hash.update(chunk);
    await writeChunk(handle, chunk);
  }
  const digest = hash.digest('hex');
  if (sha256 !== undefined && sha256 !== digest) {
    throw new LeveretError('UPLOAD_DIGEST_MISMATCH', `the SHA-256 of what arrived is ${digest}`);
  }
  await handle.sync().catch((cause: unknown) => {
    throw toStorageError(cause, 'make a file durable');
  });
  return { sizeBytes, sha256: digest };
}

/** Writes all of `chunk`: one call may write less when the disk is nearly full. */
async function writeChunk(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    for (let offset = 0; offset < chunk.byteLength; ) {
      const { bytesWritten } = await handle.write(chunk, offset, chunk.byteLength - offset);
      offset += bytesWritten;
    }
  } catch (cause) {
    throw toStorageError(cause, 'write a file');
  }
}

/** Yields what `bytes` yields; throws the signal's reason as soon as it aborts, even while `bytes` has nothing to say. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) return yield* bytes;
  const iterator = bytes[Symbol.asyncIterator]();
  let isDone = false;
  try {
    while (!isDone) {
      const next = await nextUnlessAborted(iterator, signal);
      isDone = next.done === true;
      if (!next.done) yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs would hang here too. How it takes the end does not matter any more.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** One promise a chunk: racing every chunk against one promise of the abort would keep all chunks in memory. */
function nextUnlessAborted<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    const settle = () => signal.removeEventListener('abort', stop);
    iterator.next().then(
      (next) => {
        settle();
        resolve(next);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
