import {
  type AttemptResult,
  decodePayload,
  type JobDefinition,
  type JobMessage,
  type Json,
  redactFailure,
} from '@leveret/core';

/**
 * `result` without the values that the definition redacts: they are masked in its failure, before that is logged, emitted or stored. The thrown
 * error is left out where its failure had to be masked.
 */
export function redacted(
  result: AttemptResult,
  { redact }: JobDefinition,
  { body }: JobMessage,
): AttemptResult {
  if (redact.length === 0 || !('failure' in result)) return result;
  const failure = redactFailure(result.failure, decodePayload(body) as Json, redact);
  if (failure === result.failure) return result;
  return result.kind === 'failed' ? { kind: 'failed', failure } : { ...result, failure };
}
