import type { KeptEvent, SetAsideMessage, SetAsideSummary } from '@leveret/core';

/** A message that is set aside, for other programs, without what it is made of. */
export interface ExportedSummary {
  /** Such as `m12`. */
  readonly id: string;
  readonly queue: string;
  readonly reason: string;
  /** When it was set aside: ISO 8601 in UTC. */
  readonly at: string;
  /** Length of its whole body, in bytes. */
  readonly bodyBytes: number;
}

/** A message that is set aside, for other programs, as it came. */
export interface ExportedMessage extends ExportedSummary {
  /** Its properties and headers. */
  readonly properties: unknown;
  /** Its body, or the first `MAX_PAYLOAD_BYTES` of it. */
  readonly bodyBase64: string;
}

/** An event that cannot be applied, for other programs, as it came. */
export interface ExportedEvent {
  /** Such as `e7`. */
  readonly id: string;
  readonly reason: string;
  readonly entry: unknown;
}

/** The id of a message that is set aside. */
export function toMessageId(seq: number): string {
  return `m${seq}`;
}

/** The id of an event that cannot be applied. */
export function toEventId(seq: number): string {
  return `e${seq}`;
}

/** A message that is set aside, without what it is made of. */
export function exportSummary({ seq, queue, reason, at, bodyBytes }: SetAsideSummary): ExportedSummary {
  return { id: toMessageId(seq), queue, reason, at: new Date(at).toISOString(), bodyBytes };
}

/** A message that is set aside, as it came. */
export function exportMessage(message: SetAsideMessage): ExportedMessage {
  const { properties, body } = message;
  const bodyBase64 = Buffer.from(body).toString('base64');
  return { ...exportSummary(message), properties: JSON.parse(properties) as unknown, bodyBase64 };
}

/** An event that cannot be applied, as it came. */
export function exportEvent({ seq, reason, entry }: KeptEvent): ExportedEvent {
  return { id: toEventId(seq), reason, entry: JSON.parse(entry) as unknown };
}
