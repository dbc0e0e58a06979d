import { parentPort, workerData } from 'node:worker_threads';
import { LeveretError, messageOf, systemClock } from '@leveret/core';
import { isBusy, openConnection, type SqlConnection } from '../file/libsql.ts';
import { requireTables } from '../file/schema/schema.ts';
import type { FromReader, ReaderData, ReaderFailure, ToReader } from './protocol.ts';
import { createReaderQuestions } from './questions.ts';

/** The entry of the thread that reads a ledger, on a connection of its own: no question delays a commit. */

/** How long SQLite waits while another process repairs the file or has it to itself, in milliseconds. */
const BUSY_MS = 1_000;

const { file } = workerData as ReaderData;

function tell(message: FromReader): void {
  parentPort?.postMessage(message);
}

function open(): SqlConnection {
  const connection = openConnection(file);
  try {
    connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA query_only = 1`);
    requireTables(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function failureOf(error: unknown): ReaderFailure {
  if (error instanceof LeveretError) {
    const { code, message, details } = error;
    return { type: 'failed', code, message, details };
  }
  const words = isBusy(error)
    ? 'another process has the file to itself: let it go on, or end it, and try again'
    : messageOf(error);
  return { type: 'failed', code: 'STORE_UNAVAILABLE', message: `${file}: ${words}`, details: {} };
}

function serve(connection: SqlConnection): void {
  const questions = createReaderQuestions(connection, systemClock);
  let isStepping = false;

  /** One step at a time, so that a question that comes meanwhile has its turn next. */
  function step(): void {
    isStepping = questions.step();
    if (isStepping) setImmediate(step);
  }

  parentPort?.on('message', (message: ToReader) => {
    if (message.type === 'close') {
      connection.close();
      parentPort?.close();
      return;
    }
    const { number, question } = message;
    questions.ask(question, (outcome) => {
      tell(
        outcome.ok
          ? { type: 'answer', number, answer: outcome.answer }
          : { ...failureOf(outcome.error), number },
      );
    });
    if (isStepping) return;
    isStepping = true;
    setImmediate(step);
  });
}

try {
  serve(open());
  tell({ type: 'open' });
} catch (error) {
  tell(failureOf(error));
}
