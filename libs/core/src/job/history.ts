import { isErrorCode } from '../errors/errors.ts';
import type { Failure } from '../errors/failure.ts';
import type { JobMessage } from './message.ts';

/** The header that carries what a job has failed of so far: a list of {@link PastFailure} as JSON. */
export const HISTORY_HEADER = 'leveret-history';
/** Largest history, in bytes of JSON. It does not count among what a producer may send along. */
export const MAX_HISTORY_BYTES = 4_096;
/** Failures that are carried along, the newest. */
const MAX_FAILURES = 5;
/** Longest message of each, in characters: whole ones are in the ledger. */
const MAX_MESSAGE = 200;

/** A failure that a job came through, in few words. */
export interface PastFailure extends Pick<Failure, 'code' | 'message' | 'errorCode'> {
  readonly attempt: number;
  /** In milliseconds since 1970, by the clock of the worker. To show, never to compare. */
  readonly at: number;
}

/** `message`, with one failure more behind it: so that a dead letter tells what led to it where there is no ledger. */
export function withFailure(message: JobMessage, given: Failure, at: number): JobMessage {
  const { code, errorCode } = given;
  const words = { code, message: given.message.slice(0, MAX_MESSAGE) };
  const failure: PastFailure = {
    attempt: message.attempt,
    at,
    ...words,
    ...(errorCode === undefined ? {} : { errorCode }),
  };
  const text = shortest([...readHistory(message.headers), failure].slice(-MAX_FAILURES));
  return { ...message, headers: { ...message.headers, [HISTORY_HEADER]: text } };
}

/** The newest of `history` that fit, as JSON: a message may need six bytes for a character. One alone always fits. */
function shortest(history: readonly PastFailure[]): string {
  const text = JSON.stringify(history);
  return new TextEncoder().encode(text).byteLength > MAX_HISTORY_BYTES ? shortest(history.slice(1)) : text;
}

/** What a job has failed of before, oldest first. What cannot be read is passed over. */
export function readHistory(headers: JobMessage['headers']): readonly PastFailure[] {
  const text = headers[HISTORY_HEADER];
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isPastFailure) : [];
  } catch {
    return [];
  }
}

function isPastFailure(entry: unknown): entry is PastFailure {
  if (typeof entry !== 'object' || entry === null) return false;
  const { attempt, at, code, message, errorCode } = entry as Readonly<Record<string, unknown>>;
  return (
    Number.isSafeInteger(attempt) &&
    Number.isSafeInteger(at) &&
    typeof code === 'string' &&
    isErrorCode(code) &&
    typeof message === 'string' &&
    message.length <= MAX_MESSAGE &&
    (errorCode === undefined || typeof errorCode === 'string')
  );
}
