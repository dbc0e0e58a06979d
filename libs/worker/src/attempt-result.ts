import { type AttemptResult, failureOf, type Json, messageOf, toFailure, verdictOf } from '@leveret/core';

/** Largest result of a job, in bytes of JSON: it travels in an event and stays in the ledger. */
export const MAX_RESULT_BYTES = 65_536;

/** What a handler's return value amounts to. */
export function fromReturned(returned: unknown): AttemptResult {
  if (returned === undefined || returned === null) return { kind: 'succeeded', result: null };
  return verdictOf(returned) ?? fromData(returned);
}

/** What anything that a handler threw amounts to: one of our errors keeps its code, any other may be tried again. */
export function fromThrown(thrown: unknown): AttemptResult {
  return verdictOf(thrown) ?? { kind: 'failed', failure: failureOf(thrown) };
}

function fromData(returned: unknown): AttemptResult {
  let text: string | undefined;
  try {
    text = JSON.stringify(returned);
  } catch (error) {
    return invalid(messageOf(error));
  }
  if (text === undefined) return invalid(`the handler returned a ${typeof returned}`);
  const sizeBytes = new TextEncoder().encode(text).byteLength;
  if (sizeBytes > MAX_RESULT_BYTES)
    return invalid(`the result is ${sizeBytes} bytes of JSON, the limit is ${MAX_RESULT_BYTES}`);
  return { kind: 'succeeded', result: JSON.parse(text) as Json };
}

function invalid(message: string): AttemptResult {
  return { kind: 'failed', failure: toFailure('RESULT_INVALID', message) };
}
