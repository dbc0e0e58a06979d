import { type DeadLetter, type Failure, readFailureDetails, writeFailureDetails } from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';
import { MESSAGE_COLUMNS, toMessage } from './message-rows.ts';

/** The columns of a dead letter: those of its message, and of its failure in the order of {@link toFailureCells}. */
export const DEAD_LETTER_COLUMNS = `${MESSAGE_COLUMNS}, failure_code, failure_message, failure_details`;

const FAILURE_AT = MESSAGE_COLUMNS.split(', ').length;

/** Why a message is a dead letter, as cells. */
export function toFailureCells(failure: Failure): SqlRow {
  return [failure.code, failure.message, writeFailureDetails(failure) ?? null];
}

/** What a row of {@link DEAD_LETTER_COLUMNS} holds. */
export function toMessageAndFailure(row: SqlRow): Pick<DeadLetter, 'message' | 'failure'> {
  const message = toMessage(row.slice(0, FAILURE_AT));
  const [code, words, details] = row.slice(FAILURE_AT);
  const failure: Failure = {
    code: String(code) as Failure['code'],
    message: String(words),
    ...readFailureDetails(details),
  };
  return { message, failure };
}
