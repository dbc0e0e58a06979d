import {
  type AttemptResult,
  failureOf,
  findJsonFault,
  isPlainJson,
  type Json,
  type JsonFault,
  MAX_RESULT_BYTES,
  verdictOf,
} from '@leveret/core';

/** The result of an attempt whose handler returned. */
export function fromReturned(returned: unknown): AttemptResult {
  if (returned === undefined || returned === null) return { kind: 'succeeded', result: null };
  return verdictOf(returned) ?? fromData(returned);
}

/** The result of an attempt whose handler threw: a `LeveretError` keeps its code, any other error may be retried. */
export function fromThrown(thrown: unknown): AttemptResult {
  return verdictOf(thrown) ?? { kind: 'failed', failure: failureOf(thrown), thrown };
}

/** A finished job never fails because of its result: what cannot be kept of it is left out. */
function fromData(returned: unknown): AttemptResult {
  const isPlain = isPlainJson(returned);
  const fault = isPlain ? undefined : findJsonFault(returned);
  const text = isPlain ? JSON.stringify(returned) : toText(returned);
  const result = text === undefined ? undefined : (JSON.parse(text) as Json);
  // What JSON makes of data is not plain where it is nested too deeply.
  if (text === undefined || !(isPlain || isPlainJson(result)))
    return withoutResult(`the result ${describe(fault)}`);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > MAX_RESULT_BYTES)
    return withoutResult(`the result is ${sizeBytes} bytes of JSON, the limit is ${MAX_RESULT_BYTES}`);
  return fault === undefined
    ? { kind: 'succeeded', result: result as Json }
    : { kind: 'succeeded', result: result as Json, leftOut: `a part of the result ${describe(fault)}` };
}

/** As JSON, with each bigint as a string: databases return them unexpectedly. */
function toText(returned: unknown): string | undefined {
  try {
    return JSON.stringify(returned, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  } catch {
    return undefined;
  }
}

function withoutResult(leftOut: string): AttemptResult {
  return { kind: 'succeeded', result: null, leftOut };
}

/** Names a field as code does; another key may be data. */
function describe(fault: JsonFault | undefined): string {
  if (fault === undefined) return 'cannot be written as JSON';
  const steps = fault.path.map((step) => (/^[A-Za-z_]\w{0,40}$|^\d+$/.test(String(step)) ? step : '*'));
  return steps.length === 0 ? fault.reason : `at ${steps.join('.')} ${fault.reason}`;
}
