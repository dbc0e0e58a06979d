import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '@leveret/core';
import { openBell } from './bell.ts';
import { createCallQueue } from './call-queue.ts';
import { startCheckpoints } from './checkpoints.ts';
import { createClaimants } from './claimants.ts';
import { createClockOperations } from './clock-operations.ts';
import { inTransaction, toCallFailure, whileLocked } from './commit.ts';
import { rememberFile } from './file-identity.ts';
import { isBusy, openConnection, type SqlConnection } from './libsql.ts';
import { type LockableFile, openLockable } from './lock-file.ts';
import { createOperations } from './operations.ts';
import type { Call, FromWriter, ToWriter, WriterData } from './protocol.ts';
import { migrate } from './schema.ts';

/** The entry of the thread that does all reading and writing of one file, so that no other thread ever waits for a disk. */

/** How long SQLite itself waits for another writer, in milliseconds: short, so that waiting is fair. */
const SQLITE_BUSY_MS = 20;
/** Pause between tries to open, in milliseconds. */
const PAUSE_MS = 10;
/** What the write-ahead log is cut to after a checkpoint, in bytes. */
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

const { file, bellFile, busyTimeoutMs } = workerData as WriterData;
const clock = systemClock;

function tell(message: FromWriter): void {
  parentPort?.postMessage(message);
}

/** Runs `step`, and again while another process writes, for as long as is allowed. Blocks: nobody is served yet. */
function patiently<T>(step: () => T): T {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const until = clock.monotonic() + busyTimeoutMs;
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
  const writeLock = openLockable(`${file}-write`, SQLITE_BUSY_MS);
  const connection = openConnection(file);
  connection.exec(`PRAGMA busy_timeout = ${SQLITE_BUSY_MS}`);
  patiently(() => whileLocked(writeLock, () => connection.exec('PRAGMA journal_mode = WAL')));
  connection.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
  patiently(() => inTransaction({ connection, writeLock }, () => migrate(connection)));
  return { connection, writeLock };
}

function serve({ connection, writeLock }: ReturnType<typeof open>): void {
  const claimants = createClaimants(connection, file, clock.monotonic);
  const claimant = patiently(() => inTransaction({ connection, writeLock }, () => claimants.enter()));
  const bell = openBell(bellFile);
  const identity = rememberFile(file);
  const { hasOthers } = claimants;
  const checkpoints = startCheckpoints({ connection, writeLock, file, identity, clock, hasOthers });
  const queue = createCallQueue({
    ...createOperations(connection, claimants, claimant),
    connection,
    writeLock,
    file,
    checkFile: identity.check,
    clock,
    busyTimeoutMs,
    answer: tell,
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
    claimants.leave();
    connection.close();
    checkpoints.close();
    writeLock.close();
    bell.close();
    parentPort?.close();
  });
}

/** What arrived while the last commit was under way: it goes into the next one. */
function nextMessage(): ToWriter | undefined {
  if (parentPort === null) return undefined;
  const received = receiveMessageOnPort(parentPort) as { readonly message: ToWriter } | undefined;
  return received?.message;
}

try {
  const opened = open();
  serve(opened);
  tell({ type: 'open', clock: createClockOperations(opened.connection).readClock() });
} catch (error) {
  tell({ type: 'failed', ...toCallFailure(file, error) });
}
