import { isJobKind, isQueueName, type JobMessage, LeveretError } from '@leveret/core';
import { MAX_FOREIGN_BYTES, sizeOf } from '../codec/message-mapping.ts';

/** Largest body, in bytes: more is refused by RabbitMQ 4, which then closes the channel, under all that is on its way on it. */
const MAX_BODY_BYTES = 16_777_216;
/** Longest name of a header in AMQP, in bytes. */
const MAX_HEADER_NAME_BYTES = 255;

/**
 * Makes sure that AMQP can carry a message before others share a channel with it.
 *
 * @throws {RangeError} for a name that is none, and for headers that do not fit; `TypeError` for one that is no text.
 * @throws {LeveretError} `PAYLOAD_TOO_LARGE` over 16 MiB.
 */
export function requirePublishable({ id, kind, queue, body, headers }: JobMessage): void {
  if (!isQueueName(queue)) throw new RangeError(`"${shorten(queue)}" cannot name a queue`);
  if (!isJobKind(kind)) throw new RangeError(`"${shorten(kind)}" cannot name a kind of job`);
  const sizeBytes = body.byteLength;
  if (sizeBytes > MAX_BODY_BYTES)
    throw new LeveretError(
      'PAYLOAD_TOO_LARGE',
      `the payload is ${sizeBytes} bytes, RabbitMQ takes at most ${MAX_BODY_BYTES}`,
      { details: { jobId: id, sizeBytes, limitBytes: MAX_BODY_BYTES } },
    );
  requireHeaders(headers);
}

function requireHeaders(headers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (Buffer.byteLength(name) > MAX_HEADER_NAME_BYTES)
      throw new RangeError(
        `the name of a header has at most ${MAX_HEADER_NAME_BYTES} bytes: "${shorten(name)}"`,
      );
    if (typeof value !== 'string')
      throw new TypeError(`the header "${name}" must be a string, not a ${typeof value}`);
  }
  const sizeBytes = sizeOf(headers as Readonly<Record<string, string>>);
  if (sizeBytes > MAX_FOREIGN_BYTES)
    throw new RangeError(
      `the headers of a message take at most ${MAX_FOREIGN_BYTES} bytes, not ${sizeBytes}`,
    );
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
