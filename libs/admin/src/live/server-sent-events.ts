/** How long a client waits before it connects again, in milliseconds. */
const RETRY_MS = 2_000;

/** What a stream begins with. */
export const STREAM_HEAD = `retry: ${RETRY_MS}\n\n`;

/** A message of a stream. */
export interface StreamMessage {
  readonly event: string;
  /** JSON, which has no line breaks of its own. */
  readonly data: string;
  /** A change number; absent when it is not known. */
  readonly id: number | undefined;
}

/** A message as it is sent. */
export function toMessageText({ event, data, id }: StreamMessage): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}

/** Says that changes are missing: the client reads again what it shows. */
export function toGapText(id: number): string {
  return toMessageText({ event: 'gap', data: '{}', id });
}

/** A comment, which keeps the connection open; and, if it is known, from where a client goes on that connects again: that is no message. */
export function toHeartbeatText(id: number | undefined): string {
  return id === undefined ? ':\n\n' : `:\nid: ${id}\n\n`;
}
