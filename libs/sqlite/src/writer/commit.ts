import { LeveretError, messageOf } from '@leveret/core';
import { FileBusy, isBusy, isFileFault, type SqlConnection } from '../file/libsql.ts';
import type { LockableFile } from '../file/lock-file.ts';
import type { Activity } from '../operations/activity/activity.ts';
import { BEFORE_FLUSH, type Operations, READ_ONLY } from '../operations/operations.ts';
import type { Call, CallFailure, Reply } from './protocol.ts';

/** What a commit works with. */
export interface CommitContext {
  readonly connection: SqlConnection;
  readonly operations: Operations;
  /** Has operations forget what they know of others of their batch, and what they have left for later. */
  readonly forgetBatch: () => void;
  /** Has operations forget what they know to be stored, because the transaction was rolled back. */
  readonly forgetStored: () => void;
  /** Returns how to have operations forget what they remember from now on, because a part of the transaction is rolled back. */
  readonly mark: () => () => void;
  /** Writes what operations have left for later. @throws {Error} when something of it cannot be written. */
  readonly flushBatch: () => void;
  readonly activity: Activity;
  /** How the file is called in errors. */
  readonly file: string;
  /** Called before each commit. @throws {Error} with a code of SQLite when nothing may be written to what is open. */
  readonly checkFile: () => void;
  readonly writeLock: LockableFile;
}

/**
 * Performs calls in order, in one commit. One that cannot be done fails alone: its neighbours are done.
 *
 * @throws {Error} of SQLite when the file cannot be written; busy ({@link isBusy}) while another process writes. Then none
 *   of the calls is done.
 */
export function performTogether(context: CommitContext, calls: readonly Call[]): readonly Reply[] {
  const { forgetBatch, file } = context;
  try {
    return commit(context, () => performBatch(context, calls));
  } catch (error) {
    forgetBatch();
    if (isFileFault(error)) throw error;
    if (calls.length === 1) return calls.map((call) => refuse(file, call, error));
    return commit(context, () => calls.map((call) => performGuarded(context, call)));
  } finally {
    forgetBatch();
  }
}

function commit<T>(context: CommitContext, step: () => T): T {
  const { activity } = context;
  context.checkFile();
  try {
    const outcome = inTransaction(context, () => {
      activity.begin();
      const done = step();
      activity.finish();
      return done;
    });
    activity.committed();
    return outcome;
  } catch (error) {
    context.forgetStored();
    throw error;
  }
}

/** Performs calls that only read: without a transaction, and so without waiting for anybody. Never throws. */
export function performReads(context: CommitContext, calls: readonly Call[]): readonly Reply[] {
  return calls.map((call) => {
    try {
      return perform(context, call);
    } catch (error) {
      return refuse(context.file, call, error);
    }
  });
}

/** Whether a call only reads. */
export function isRead([, operation]: Call): boolean {
  return READ_ONLY.has(operation);
}

/** The reply to a call that failed with `error`. */
export function refuse(file: string, [call]: Call, error: unknown): Reply {
  return { call, ok: false, ...toCallFailure(file, error) };
}

/** The reply to a call that takes new jobs on while there is no room for them. Nothing was stored. */
export function refuseForRoom([call, operation]: Call, reason: string): Reply {
  const code = operation === 'publish' ? 'BROKER_BLOCKED' : 'STORE_UNAVAILABLE';
  return { call, ok: false, code, message: reason, isFileFault: false };
}

const BUSY_WORDS =
  'another process is writing, or was stopped while it did: nothing was done. Try again, or let that process go on, or end it';

/** Says what is wrong and whether the file is to blame. */
export function toCallFailure(file: string, error: unknown): CallFailure {
  const isUnavailable = isFileFault(error) || isBusy(error);
  const code =
    error instanceof LeveretError ? error.code : isUnavailable ? 'STORE_UNAVAILABLE' : 'ENTRY_REFUSED';
  const message = `${file}: ${isBusy(error) ? BUSY_WORDS : messageOf(error)}`;
  return { code, message, isFileFault: isFileFault(error) };
}

/**
 * Runs `step` in a transaction, while it has the write lock.
 *
 * @throws {Error} of SQLite; busy ({@link isBusy}) when others write.
 */
export function inTransaction<T>(
  { connection, writeLock }: Pick<CommitContext, 'connection' | 'writeLock'>,
  step: () => T,
): T {
  return whileLocked(writeLock, () => transact(connection, step));
}

/**
 * Runs `step` while no other process of Leveret writes. SQLite's own lock is not enough: code of this process that opens and closes
 * the `-shm` file by other means takes it away in the middle of a commit (ADR 20).
 */
export function whileLocked<T>(writeLock: LockableFile, step: () => T): T {
  if (!writeLock.tryLock()) throw new FileBusy('another process is writing');
  try {
    return step();
  } finally {
    writeLock.unlock();
  }
}

function transact<T>(connection: SqlConnection, step: () => T): T {
  // One is left open when it could not even be rolled back.
  if (connection.inTransaction()) connection.exec('ROLLBACK');
  connection.exec('BEGIN IMMEDIATE');
  try {
    const outcome = step();
    connection.exec('COMMIT');
    return outcome;
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

/** Never throws: what led here is what is to be told. SQLite has rolled back by itself after some errors. */
function rollBack(connection: SqlConnection): void {
  try {
    if (connection.inTransaction()) connection.exec('ROLLBACK');
  } catch {
    // Tried again before the next transaction, which then fails with this error.
  }
}

function performBatch(context: CommitContext, calls: readonly Call[]): readonly Reply[] {
  const replies = calls.map((call) => {
    const [, operation] = call;
    if (!BEFORE_FLUSH.has(operation)) context.flushBatch();
    return perform(context, call);
  });
  context.flushBatch();
  return replies;
}

function perform({ operations }: CommitContext, [call, operation, args]: Call): Reply {
  const run = operations[operation] as (...given: readonly unknown[]) => unknown;
  return { call, ok: true, value: run(...args) };
}

function performGuarded(context: CommitContext, call: Call): Reply {
  const { connection, forgetBatch, flushBatch, mark, file } = context;
  connection.exec('SAVEPOINT call');
  const rewind = mark();
  try {
    const reply = perform(context, call);
    flushBatch();
    connection.exec('RELEASE call');
    return reply;
  } catch (error) {
    if (isFileFault(error)) throw error;
    connection.exec('ROLLBACK TO call');
    connection.exec('RELEASE call');
    // Whatever it told the others is not so.
    forgetBatch();
    rewind();
    return refuse(file, call, error);
  }
}
