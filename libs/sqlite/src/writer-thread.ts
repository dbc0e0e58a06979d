import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { LeveretError, messageOf } from '@leveret/core';
import { openConnection, type SqlConnection, sqliteCode } from './libsql.ts';
import { createOperations, type Operations, READ_ONLY, WAKING } from './operations.ts';
import { processIdentity } from './process-identity.ts';
import type { Call, FromWriter, Reply, ToWriter, WriterData } from './protocol.ts';
import { migrate } from './schema.ts';

/** The entry of the thread that does all reading and writing of one file, so that no other thread ever waits for a disk. */

/** How long SQLite itself waits for another writer, in milliseconds: short, so that waiting is fair. */
const SQLITE_BUSY_MS = 20;
/** Shortest and longest pause between tries, in milliseconds. */
const PAUSE_MS = [2, 20] as const;

const { file, bellFile, busyTimeoutMs } = workerData as WriterData;
const pauseCell = new Int32Array(new SharedArrayBuffer(4));

function tell(message: FromWriter): void {
  parentPort?.postMessage(message);
}

/** Runs `step`, and again while another process writes, for as long as is allowed. */
function patiently<T>(step: () => T): T {
  let pauseMs: number = PAUSE_MS[0];
  for (let waitedMs = 0; ; waitedMs += pauseMs + SQLITE_BUSY_MS) {
    try {
      return step();
    } catch (error) {
      if (!sqliteCode(error)?.startsWith('SQLITE_BUSY') || waitedMs > busyTimeoutMs) throw error;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS[1]);
      Atomics.wait(pauseCell, 0, 0, pauseMs);
    }
  }
}

function inTransaction<T>(connection: SqlConnection, step: () => T): T {
  patiently(() => connection.exec('BEGIN IMMEDIATE'));
  try {
    const outcome = step();
    patiently(() => connection.exec('COMMIT'));
    return outcome;
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

function open(): { readonly connection: SqlConnection; readonly claimant: number } {
  const connection = openConnection(file);
  connection.exec(`PRAGMA busy_timeout = ${SQLITE_BUSY_MS}`);
  patiently(() => connection.exec('PRAGMA journal_mode = WAL'));
  connection.exec('PRAGMA synchronous = FULL');
  const claimant = inTransaction(connection, () => {
    migrate(connection);
    const row = connection
      .prepare('INSERT INTO claimant (identity) VALUES (?) RETURNING id')
      .get(processIdentity());
    return Number(row?.['id']);
  });
  return { connection, claimant };
}

function failure(error: unknown): Pick<Extract<Reply, { ok: false }>, 'code' | 'message'> {
  const code = error instanceof LeveretError ? error.code : 'STORE_UNAVAILABLE';
  return { code, message: `${file}: ${messageOf(error)}` };
}

function perform(operations: Operations, { call, operation, args }: Call): Reply {
  const run = operations[operation] as (...given: readonly unknown[]) => unknown;
  return { call, ok: true, value: run(...args) };
}

/** Commits all calls together; when that fails, each by itself, so that none suffers from another. */
function performAll(
  connection: SqlConnection,
  operations: Operations,
  calls: readonly Call[],
): readonly Reply[] {
  const together = (some: readonly Call[]) => {
    const step = () => some.map((call) => perform(operations, call));
    return some.every(({ operation }) => READ_ONLY.has(operation))
      ? patiently(step)
      : inTransaction(connection, step);
  };
  try {
    return together(calls);
  } catch (error) {
    if (calls.length === 1) return calls.map(({ call }) => ({ call, ok: false, ...failure(error) }));
    return calls.flatMap((call) => performAll(connection, operations, [call]));
  }
}

function serve(connection: SqlConnection, operations: Operations): void {
  const bell = openSync(bellFile, 'a');
  const obey = (first: ToWriter): void => {
    const calls: Call[] = [];
    let closing = false;
    for (let message: ToWriter | undefined = first; message !== undefined; message = nextMessage()) {
      if (message.type === 'close') closing = true;
      else calls.push(...message.calls);
    }
    if (calls.length > 0) {
      tell({ type: 'replies', replies: performAll(connection, operations, calls) });
      if (calls.some(({ operation }) => WAKING.has(operation)) && operations.hasOthers())
        writeSync(bell, '\0', 0);
    }
    if (!closing) return;
    closeSync(bell);
    connection.close();
    parentPort?.close();
  };
  parentPort?.on('message', obey);
}

/** What arrived while the last commit was under way: it goes into the next one. */
function nextMessage(): ToWriter | undefined {
  if (parentPort === null) return undefined;
  const received = receiveMessageOnPort(parentPort) as { readonly message: ToWriter } | undefined;
  return received?.message;
}

try {
  const { connection, claimant } = open();
  serve(connection, createOperations(connection, claimant));
  tell({ type: 'open', claimant });
} catch (error) {
  tell({ type: 'failed', ...failure(error) });
}
