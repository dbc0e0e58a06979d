import {
  type AttemptResult,
  decodePayload,
  type JobDefinition,
  type JobMessage,
  type Json,
  payloadMask,
  redactFailure,
  type TextMask,
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

/**
 * Masks the values that the definition redacts in what a handler logs and reports; undefined for a definition that redacts none. The payload is
 * read with the first text.
 */
export function textMaskOf({ redact }: JobDefinition, { body }: JobMessage): TextMask | undefined {
  if (redact.length === 0) return undefined;
  let mask: TextMask | undefined;
  return (text) => {
    mask ??= payloadMask(decodePayload(body) as Json, redact);
    return mask(text);
  };
}
