import {
  encodePayload,
  type JobDefinition,
  type JobPriority,
  jobBlobsOf,
  type LedgerEntry,
  LeveretError,
  MAX_PAYLOAD_BYTES,
  MESSAGE_VERSION,
  payloadToSend,
} from '@leveret/core';

/** What is known of a job that is about to be enqueued. */
export interface EntryOptions {
  readonly id: string;
  /** The caller chose the id. */
  readonly isIdGiven: boolean;
  readonly delayMs: number;
  readonly priority: JobPriority;
  readonly tags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The job as broker and ledger are given it.
 *
 * @throws {LeveretError} `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE`.
 */
export async function toLedgerEntry(
  definition: JobDefinition,
  payload: unknown,
  { id, isIdGiven, delayMs, priority, tags, headers, createdAt }: EntryOptions,
): Promise<LedgerEntry> {
  const sent = payloadToSend(definition, payload);
  const carried = sent instanceof Promise ? await sent : sent;
  const body = encodePayload(carried);
  requireSize(definition, body.byteLength);
  const blobs = jobBlobsOf(definition, carried, id);
  const { kind, queue, retry, history, redact } = definition;
  return {
    outgoing: {
      message: {
        version: MESSAGE_VERSION,
        id,
        kind,
        queue,
        priority,
        attempt: 1,
        createdAt,
        heldMs: 0,
        crashes: 0,
        snoozes: 0,
        generation: 0,
        body,
        headers,
      },
      delayMs,
    },
    maxAttempts: retry.attempts,
    isIdGiven,
    ...(tags.length === 0 ? {} : { tags }),
    ...(history === 'all' ? {} : { history }),
    ...(redact.length === 0 ? {} : { redact }),
    ...(blobs.length === 0 ? {} : { blobs }),
  };
}

function requireSize({ kind }: JobDefinition, sizeBytes: number): void {
  if (sizeBytes <= MAX_PAYLOAD_BYTES) return;
  throw new LeveretError(
    'PAYLOAD_TOO_LARGE',
    `the payload is ${sizeBytes} bytes of JSON, the limit is ${MAX_PAYLOAD_BYTES}`,
    { details: { kind, sizeBytes, limitBytes: MAX_PAYLOAD_BYTES } },
  );
}
