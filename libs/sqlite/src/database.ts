import { type FSWatcher, watch, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LeveretError, type Logger, messageOf, silentLogger } from '@leveret/core';
import { prepareFolder } from './file-system.ts';
import type { OperationName, Operations } from './operations.ts';
import type { Call, FromWriter, Reply, ToWriter, WriterData } from './protocol.ts';

/** How long to go on trying while another process writes, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** Which file is opened. */
export interface SqliteOptions {
  /** Path of the file; made if need be. Beside it lie `-wal`, `-shm` (SQLite's) and `-bell` (ours, empty). */
  readonly file: string;
  readonly logger?: Logger;
}

/** One file, opened by this process: a broker and a ledger can work on it side by side. */
export interface SqliteDatabase {
  readonly file: string;
  /**
   * Has an operation done; what is asked for while a commit is under way goes into the next one. Durable when it resolves.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when the file cannot be used, or another process wrote for over 5 s.
   */
  call<Name extends OperationName>(
    operation: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>>;
  /** Calls `listener` when another process may have left something new; returns how to stop that. */
  onRing(listener: () => void): () => void;
  /** Why the file cannot be used at the moment, or undefined. */
  trouble(): string | undefined;
  /** Gives back what this process holds, and closes. Safe to call twice. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens a SQLite file. All its reading and writing happens in a thread of its own, so that this one never waits for a disk.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, `CONFIG_INVALID` (a network file system), `STORE_UNAVAILABLE`.
 */
export async function openSqliteDatabase({
  file: given,
  logger = silentLogger,
}: SqliteOptions): Promise<SqliteDatabase> {
  const file = resolve(given);
  const bellFile = `${file}-bell`;
  await prepareFolder(file);
  makeBell(bellFile);
  const writer = await startWriter({ file, bellFile, busyTimeoutMs: BUSY_TIMEOUT_MS });

  const pending = new Map<number, Pending>();
  const listeners = new Set<() => void>();
  let queued: Call[] = [];
  let callCount = 0;
  let trouble: string | undefined;
  let closing: Promise<void> | undefined;

  function receive(reply: Reply): void {
    const waiting = pending.get(reply.call);
    pending.delete(reply.call);
    if (reply.ok) waiting?.resolve(reply.value as never);
    else waiting?.reject(new LeveretError(reply.code, reply.message));
    trouble = reply.ok ? undefined : reply.message;
  }

  function breakDown(reason: string): void {
    trouble = reason;
    for (const { reject } of pending.values()) reject(new LeveretError('STORE_UNAVAILABLE', reason));
    pending.clear();
  }

  writer.on('message', (message: FromWriter) => {
    if (message.type === 'replies') message.replies.forEach(receive);
  });
  writer.on('error', (error) => {
    logger.error({ file, error: messageOf(error) }, 'the thread of the database died');
    breakDown(`${file}: ${messageOf(error)}`);
  });
  writer.on('exit', () => breakDown(`${file} is closed`));
  const ring = () => {
    for (const listener of listeners) listener();
  };
  const bell = watchBell(bellFile, ring, logger);

  function flush(): void {
    const calls = queued;
    queued = [];
    writer.postMessage({ type: 'calls', calls } satisfies ToWriter);
  }

  function call<Name extends OperationName>(operation: Name, ...args: Parameters<Operations[Name]>) {
    return new Promise<ReturnType<Operations[Name]>>((resolve, reject) => {
      if (closing !== undefined && operation !== 'retire') {
        reject(new LeveretError('STORE_UNAVAILABLE', `${file} is closed`));
        return;
      }
      callCount += 1;
      // At the end of this turn of the event loop: what one turn asks for is one commit.
      if (queued.length === 0) setImmediate(flush);
      queued.push({ call: callCount, operation, args });
      pending.set(callCount, { resolve, reject });
    });
  }

  async function close(): Promise<void> {
    bell?.close();
    listeners.clear();
    try {
      await call('retire');
    } catch (error) {
      logger.warn(
        { file, error: messageOf(error) },
        'could not give back what this process held: others take it back',
      );
    }
    const exited = new Promise((resolve) => writer.once('exit', resolve));
    writer.postMessage({ type: 'close' } satisfies ToWriter);
    await exited;
  }

  return {
    file,
    call,
    onRing(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    trouble: () => trouble,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function makeBell(bellFile: string): void {
  try {
    writeFileSync(bellFile, '', { flag: 'a' });
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot write ${bellFile}: ${messageOf(cause)}`, { cause });
  }
}

/** Other processes ring by writing to the bell file. Without it, for want of watches, the poll finds the same a little later. */
function watchBell(bellFile: string, onRing: () => void, logger: Logger): FSWatcher | undefined {
  try {
    const watcher = watch(bellFile, { persistent: false }, onRing);
    watcher.on('error', (error) =>
      logger.warn({ bellFile, error: messageOf(error) }, 'cannot hear other processes: polling'),
    );
    return watcher;
  } catch (error) {
    logger.warn({ bellFile, error: messageOf(error) }, 'cannot hear other processes: polling');
    return undefined;
  }
}

function startWriter(data: WriterData): Promise<Worker> {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js',
    import.meta.url,
  );
  return new Promise((resolve, reject) => {
    const writer = new Worker(entry, { workerData: data });
    writer.once('error', reject);
    writer.once('message', (message: FromWriter) => {
      writer.off('error', reject);
      if (message.type === 'failed') {
        reject(new LeveretError(message.code, message.message));
        writer.postMessage({ type: 'close' } satisfies ToWriter);
        writer.terminate().catch(reject);
      } else resolve(writer);
    });
  });
}
