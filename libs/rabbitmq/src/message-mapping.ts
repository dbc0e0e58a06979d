import {
  type Failure,
  isErrorCode,
  isJobKind,
  isUuid,
  type JobMessage,
  MESSAGE_VERSION,
} from '@leveret/core';
import type { Message, Options } from './amqp.ts';

/** Headers that are ours. `docs/reference/wire-format.md` describes them. */
const VERSION = 'leveret-version';
const ATTEMPT = 'leveret-attempt';
const HELD_MS = 'leveret-held-ms';
const CREATED_MS = 'leveret-created-ms';
const DELAY_LEFT_MS = 'leveret-delay-left-ms';
const FAILURE_CODE = 'leveret-failure-code';
const FAILURE_MESSAGE = 'leveret-failure-message';
const OURS: ReadonlySet<string> = new Set([
  VERSION,
  ATTEMPT,
  HELD_MS,
  CREATED_MS,
  DELAY_LEFT_MS,
  FAILURE_CODE,
  FAILURE_MESSAGE,
]);

/** Most that is sent along, in bytes on the wire: amqplib refuses to encode headers over 64 KiB, and the broker adds its own. */
const MAX_FOREIGN_BYTES = 32_768;
/** What a header costs on the wire besides its name and its text, in bytes; rounded up. */
const HEADER_BYTES = 8;

/** The last moment that can be shown as a date of four-digit years, in milliseconds since 1970. */
export const LAST_MOMENT = 253_402_300_799_999;
const CONTENT_TYPE = 'application/json';

/** The properties of a message as a producer sets them. */
export type MessageProperties = Options.Publish & { readonly messageId: string };

/** What accompanies a message besides itself. */
export interface Extras {
  /** Keys that lead through the delay wheel. */
  readonly onwardKeys?: readonly string[];
  /** What of its delay is left after the wheel, in milliseconds. */
  readonly delayLeftMs?: number;
  /** Why it is a dead letter. */
  readonly failure?: Failure;
}

/** A message as it was received. */
export interface ReceivedMessage {
  readonly message: JobMessage;
  /** Why it is not a job, if it is not. */
  readonly defect?: string;
  /** It is early: so much of its delay is left, in milliseconds. */
  readonly delayLeftMs: number;
}

/** The AMQP properties of `message`. The body travels as it is. */
export function toProperties(
  message: JobMessage,
  { onwardKeys, delayLeftMs = 0, failure }: Extras = {},
): MessageProperties {
  const { id, kind, createdAt, version, attempt, heldMs } = message;
  return {
    messageId: id,
    type: kind,
    contentType: CONTENT_TYPE,
    timestamp: Math.floor(createdAt / 1_000),
    persistent: true,
    mandatory: true,
    ...(onwardKeys === undefined ? {} : { CC: [...onwardKeys] }),
    headers: {
      ...message.headers,
      [VERSION]: version,
      [ATTEMPT]: attempt,
      [CREATED_MS]: createdAt,
      ...(heldMs > 0 ? { [HELD_MS]: heldMs } : {}),
      ...(delayLeftMs > 0 ? { [DELAY_LEFT_MS]: delayLeftMs } : {}),
      ...(failure === undefined ? {} : { [FAILURE_CODE]: failure.code, [FAILURE_MESSAGE]: failure.message }),
    },
  };
}

/** What can be missing from a message of another producer, and what it then is. */
export interface Defaults {
  readonly queue: string;
  readonly now: number;
  newId(): string;
}

type Headers = Readonly<Record<string, unknown>>;

/** Reads a received message. Whatever it holds, this does not throw. */
export function toReceived(
  { properties, content }: Message,
  { queue, now, newId }: Defaults,
): ReceivedMessage {
  const headers: Headers = properties.headers ?? {};
  const { messageId, type } = properties as { readonly messageId: unknown; readonly type: unknown };
  const id = typeof messageId === 'string' && isUuid(messageId) ? messageId : undefined;
  const kind = typeof type === 'string' && isJobKind(type) ? type : undefined;
  const version = countAt(headers, VERSION, { least: 1, absent: MESSAGE_VERSION });
  const attempt = countAt(headers, ATTEMPT, { least: 1, absent: 1 });
  const heldMs = countAt(headers, HELD_MS, { least: 0, absent: 0 });
  const delayLeftMs = countAt(headers, DELAY_LEFT_MS, { least: 0, absent: 0 });
  const foreign = foreignHeaders(headers);
  const fits = sizeOf(foreign) <= MAX_FOREIGN_BYTES;
  const defect =
    (id === undefined ? defectOf('message-id', messageId, 'is not a UUID in lower case') : undefined) ??
    (kind === undefined ? defectOf('type', type, 'does not name a kind of job') : undefined) ??
    [version, attempt, heldMs, delayLeftMs].find((count) => count.defect !== undefined)?.defect ??
    (fits ? undefined : `the headers sent along are larger than ${MAX_FOREIGN_BYTES} bytes together`);
  const message: JobMessage = {
    version: version.value,
    id: id ?? newId(),
    kind: kind ?? 'unknown',
    queue,
    attempt: attempt.value,
    createdAt: momentOf(headers[CREATED_MS]) ?? momentOf(toMs(properties.timestamp)) ?? now,
    heldMs: heldMs.value,
    body: content,
    headers: fits ? foreign : {},
  };
  return {
    message,
    // Sent on once more, it would look like a job.
    delayLeftMs: defect === undefined ? delayLeftMs.value : 0,
    ...(defect === undefined ? {} : { defect }),
  };
}

/** Why a dead letter is one; undefined when the broker made it one. */
export function toDeadLetterFailure({ properties }: Message): Failure | undefined {
  const headers: Headers = properties.headers ?? {};
  const code = headers[FAILURE_CODE];
  return typeof code === 'string' && isErrorCode(code)
    ? { code, message: String(headers[FAILURE_MESSAGE] ?? '') }
    : undefined;
}

/**
 * What the producer sent along. Nothing that is written anew, and nothing that the broker has added: a message sent on with
 * its `x-death` is lost by brokers before 4.0. A `leveret-` header that only newer workers know stays for them.
 */
function foreignHeaders(headers: Headers): Readonly<Record<string, string>> {
  const foreign = Object.entries(headers).filter(
    ([name, value]) =>
      !OURS.has(name) &&
      !/^x-|^(?:CC|BCC)$/.test(name) &&
      ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(foreign.map(([name, value]) => [name, String(value)]));
}

function sizeOf(headers: Readonly<Record<string, string>>): number {
  let sizeBytes = 0;
  for (const [name, text] of Object.entries(headers))
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(text) + HEADER_BYTES;
  return sizeBytes;
}

/** What is wrong with a property: the dead letter has another in its place, so its value is kept in the words. */
function defectOf(name: string, value: unknown, words: string): string {
  return value === undefined
    ? `property ${name} is missing`
    : `property ${name} ${words}: ${JSON.stringify(value)}`;
}

interface Count {
  readonly value: number;
  readonly defect?: string;
}

/** A number of ours. One that is there and cannot be read is no default: a lost count of attempts would retry for ever. */
function countAt(
  headers: Headers,
  name: string,
  { least, absent }: { readonly least: number; readonly absent: number },
): Count {
  const header = headers[name] ?? undefined;
  if (header === undefined) return { value: absent };
  const value = wholeNumber(header);
  if (value !== undefined && value >= least) return { value };
  return { value: absent, defect: `header ${name} is not a whole number from ${least}` };
}

function momentOf(value: unknown): number | undefined {
  const moment = wholeNumber(value);
  return moment === undefined || moment > LAST_MOMENT ? undefined : moment;
}

function toMs(seconds: unknown): number | undefined {
  const value = wholeNumber(seconds);
  return value === undefined ? undefined : value * 1_000;
}

/** A number from 0, of any AMQP type, or its digits: STOMP and the broker's management page send text alone. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}
