import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { inMebibytes, LeveretError, messageOf, systemClock } from '@leveret/core';
import { openBell } from '../file/bell.ts';
import { type Claimants, createClaimants } from '../file/claimants.ts';
import { createClockOperations } from '../file/clock-operations.ts';
import { rememberFile } from '../file/file-identity.ts';
import { createFreeSpace, type FreeSpace, measureRoom } from '../file/free-space.ts';
import { isBusy, isFull, openConnection, type SqlConnection } from '../file/libsql.ts';
import { type LockableFile, openQuickLockable } from '../file/lock-file.ts';
import { createReserveFile } from '../file/reserve-file.ts';
import { isOlder, migrate } from '../file/schema/schema.ts';
import { createOperations } from '../operations/operations.ts';
import { createCallQueue } from './call-queue.ts';
import { startCheckpoints } from './checkpoints.ts';
import { inTransaction, toCallFailure, whileLocked } from './commit.ts';
import type { Call, CallFailure, FromWriter, ToWriter, WriterData } from './protocol.ts';

/** The entry of the thread that does all reading and writing of one file, so that no other thread ever waits for a disk. */

/** How long SQLite itself waits for another writer, in milliseconds: short, so that waiting is fair. */
const SQLITE_BUSY_MS = 20;
/** How long to wait while another process brings an older file up to date, in milliseconds. */
const MIGRATION_WAIT_MS = 60_000;
/** Pause between tries to open, in milliseconds. */
const PAUSE_MS = 10;
/** What the write-ahead log is cut to after a checkpoint, in bytes. */
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

const { file, bellFile, busyTimeoutMs } = workerData as WriterData;
const clock = systemClock;
const measure = () => measureRoom(file);
const reserveFile = createReserveFile(`${file}-reserve`, measure);

function tell(message: FromWriter): void {
  parentPort?.postMessage(message);
}

/** Runs `step`, and again while another process writes, for as long as is allowed. Blocks: nobody is served yet. */
function patiently<T>(step: () => T, waitMs = busyTimeoutMs): T {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const until = clock.monotonic() + waitMs;
  for (;;) {
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() > until) throw error;
      Atomics.wait(cell, 0, 0, PAUSE_MS);
    }
  }
}

function open(): { readonly connection: SqlConnection; readonly writeLock: LockableFile } {
  const writeLock = openQuickLockable(`${file}-write`, SQLITE_BUSY_MS);
  const connection = openConnection(file);
  connection.exec(`PRAGMA busy_timeout = ${SQLITE_BUSY_MS}`);
  const waitMs = isOlder(connection) ? MIGRATION_WAIT_MS : busyTimeoutMs;
  patiently(() => whileLocked(writeLock, () => connection.exec('PRAGMA journal_mode = WAL')), waitMs);
  connection.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
  patiently(() => inTransaction({ connection, writeLock }, () => migrate(connection)), waitMs);
  return { connection, writeLock };
}

function watchRoom(connection: SqlConnection): FreeSpace {
  const freePages = connection.prepare('PRAGMA freelist_count');
  const pageBytes = Number(connection.prepare('PRAGMA page_size').get()?.[0]);
  return createFreeSpace({
    measure,
    reusableBytes: () => Number(freePages.get()?.[0]) * pageBytes,
    clock,
    onSpare: reserveFile.keep,
    onChange: (reason) => tell({ type: 'shortage', reason }),
  });
}

/** Enters this process, on a full disk too: what the log takes up is used again. */
function enter(claimants: Claimants, { connection, writeLock }: ReturnType<typeof open>): number {
  const step = () => inTransaction({ connection, writeLock }, () => claimants.enter());
  try {
    return patiently(step);
  } catch (error) {
    if (!isFull(error)) throw error;
    whileLocked(writeLock, () => connection.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    return patiently(step);
  }
}

/** Answers calls from now on; returns what watches the disk. */
function serve({ connection, writeLock }: ReturnType<typeof open>): FreeSpace {
  const claimants = createClaimants(connection, file, clock.monotonic);
  const claimant = enter(claimants, { connection, writeLock });
  const bell = openBell(bellFile);
  const identity = rememberFile(file);
  const { hasOthers } = claimants;
  const freeSpace = watchRoom(connection);
  const checkpoints = startCheckpoints({ connection, writeLock, file, identity, clock, hasOthers });
  // Of no call of the main thread: there is no such number.
  const askForCommit = () => queue.add([[0, 'writeRates', []]]);
  const operations = createOperations(connection, { claimants, claimant, clock, askForCommit });
  const queue = createCallQueue({
    ...operations,
    connection,
    writeLock,
    file,
    checkFile: identity.check,
    clock,
    busyTimeoutMs,
    answer: tell,
    shortage: freeSpace.shortage,
    makeRoom: checkpoints.makeRoom,
    wakeOthers() {
      if (hasOthers()) bell.ring();
    },
  });
  parentPort?.on('message', (first: ToWriter) => {
    const calls: Call[] = [];
    let closing = false;
    for (let message: ToWriter | undefined = first; message !== undefined; message = nextMessage()) {
      if (message.type === 'close') closing = true;
      else calls.push(...message.calls);
    }
    queue.add(calls);
    if (!closing) return;
    freeSpace.close();
    operations.activity.rollups.close();
    claimants.leave();
    connection.close();
    checkpoints.close();
    identity.close();
    writeLock.close();
    bell.close();
    parentPort?.close();
  });
  return freeSpace;
}

/** What arrived while the last commit was under way: it goes into the next one. */
function nextMessage(): ToWriter | undefined {
  if (parentPort === null) return undefined;
  const received = receiveMessageOnPort(parentPort) as { readonly message: ToWriter } | undefined;
  return received?.message;
}

/** What SQLite says of a disk without room is no help. */
function toOpenFailure(error: unknown): CallFailure {
  const failure = toCallFailure(file, error);
  if (!failure.isFileFault || !reserveFile.isTooLittle()) return failure;
  const left = `the disk has ${inMebibytes(measure().freeBytes)} left, too little to open the file`;
  return { ...failure, message: `${file}: ${left}: free some room, then start again (${messageOf(error)})` };
}

try {
  reserveFile.release();
  const opened = open();
  const freeSpace = serve(opened);
  tell({ type: 'open', clock: createClockOperations(opened.connection).readClock() });
  freeSpace.start();
} catch (error) {
  const code = error instanceof LeveretError ? error.code : 'STORE_UNAVAILABLE';
  tell({ type: 'failed', ...toOpenFailure(error), code });
}
