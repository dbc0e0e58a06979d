import { resolve } from 'node:path';
import { type Clock, LeveretError, type Logger, messageOf, systemClock, toLogger } from '@leveret/core';
import { makeBell, watchBell } from './file/bell.ts';
import { type FileGuard, guardFile } from './file/file-guard.ts';
import { prepareFolder } from './file/file-system.ts';
import { createFileTime, type FileTime } from './file/file-time.ts';
import { createShortage, createTrouble, type Shortage, type Trouble } from './trouble.ts';
import { startWriter, type Writer } from './writer/writer.ts';

/** How long to go on trying while another process writes by default, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** Which file is opened. */
export interface SqliteOptions {
  /**
   * Path of the file; made if need be. Beside it lie `-wal` and `-shm` (SQLite's), and ours: `-bell`, by which processes wake each
   * other, `-write` (with `-wal` and `-shm` of its own), `-checkpoint`, `-reserve`, which keeps 2 MiB for a start on
   * a full disk, and one `-claim-<number>` for each process that has it open; none of them holds jobs. Other programs may read the file meanwhile, also code of this process; none may write to it or copy it: `leveret backup` makes a copy.
   */
  readonly file: string;
  /** How long opening the file, and each call, waits while another process writes, in milliseconds; 5,000 by default. */
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** One file, opened by this process: a broker and a ledger can work on it side by side. */
export interface SqliteDatabase {
  readonly file: string;
  /**
   * Has an operation done; what is asked for while a commit is under way goes into the next one. Durable when it resolves.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when the file cannot be used, or another process wrote for over 5 s, or 2 s for what operators wait for.
   * @throws {TypeError} when an argument cannot be handed to another thread.
   */
  readonly call: Writer['call'];
  readonly time: FileTime;
  /** A number that nobody else was given: it tells the users of this database apart. */
  nextHolder(): number;
  /** Calls `listener` when another process may have left something new; returns how to stop that. */
  onRing(listener: () => void): () => void;
  /** Why the file cannot be used at the moment, or undefined. */
  trouble(): string | undefined;
  /** Why no new jobs are stored at the moment, or undefined. What was accepted is finished, and what there is can be read. */
  shortage(): string | undefined;
  /** Gives back what this process holds, and closes. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a SQLite file. All its reading and writing happens in a thread of its own, so that this one never waits for a disk.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, `CONFIG_INVALID` (a network file system), `STORE_UNAVAILABLE`.
 */
export async function openSqliteDatabase({
  file: given,
  busyTimeoutMs = BUSY_TIMEOUT_MS,
  clock = systemClock,
  logger: givenLogger,
}: SqliteOptions): Promise<SqliteDatabase> {
  const logger = toLogger(givenLogger);
  const file = resolve(given);
  const bellFile = `${file}-bell`;
  await prepareFolder(file);
  makeBell(bellFile);
  const trouble = createTrouble(clock, () => {
    // What becomes of it is told like the outcome of any other call. It is none of the caller's, so it needs no answer.
    writer.call('probe').catch(() => undefined);
  });
  const shortage = createShortage(file, logger);
  const writer = await startWriter({
    file,
    bellFile,
    busyTimeoutMs,
    clock,
    logger,
    onTrouble: trouble.learn,
    onShortage: shortage.learn,
  });
  const guards = await Promise.all([file, `${file}-write`].map((path) => guardFile(path, logger)));
  return openedDatabase({ file, bellFile, writer, guards, trouble, shortage, logger });
}

interface Opened {
  readonly file: string;
  readonly bellFile: string;
  readonly writer: Writer;
  readonly guards: readonly FileGuard[];
  readonly trouble: Trouble;
  readonly shortage: Shortage;
  readonly logger: Logger;
}

function openedDatabase(opened: Opened): SqliteDatabase {
  const { file, bellFile, writer, guards, trouble, shortage, logger } = opened;
  const listeners = new Set<() => void>();
  let holderCount = 0;
  let closing: Promise<void> | undefined;
  const bell = watchBell(
    bellFile,
    () => {
      for (const listener of listeners) listener();
    },
    logger,
  );

  const call: Writer['call'] = (operation, ...args) =>
    closing === undefined
      ? writer.call(operation, ...args)
      : Promise.reject(new LeveretError('STORE_UNAVAILABLE', `${file} is closed`));

  async function close(): Promise<void> {
    bell?.close();
    listeners.clear();
    trouble.close();
    try {
      await writer.call('retire');
    } catch (error) {
      logger.warn(
        { file, error: messageOf(error) },
        'could not give back what this process held: others take it',
      );
    }
    await writer.end();
    // Last: until now their locks have kept the logs from being deleted.
    for (const guard of guards) await guard.release();
  }

  return {
    file,
    call,
    time: createFileTime(writer.clock, (aheadMs) => call('setClock', aheadMs)),
    nextHolder() {
      holderCount += 1;
      return holderCount;
    },
    onRing(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    trouble: trouble.reason,
    shortage: shortage.reason,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
