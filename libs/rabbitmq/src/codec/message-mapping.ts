import {
  DEFAULT_PRIORITY,
  type DeliveryOrigin,
  type Failure,
  HISTORY_HEADER,
  isErrorCode,
  isJobKind,
  isUuid,
  type JobMessage,
  type JobPriority,
  LAST_MOMENT,
  MAX_HISTORY_BYTES,
  MESSAGE_VERSION,
  REPEATED_HEADER,
  readFailureDetails,
  writeFailureDetails,
} from '@leveret/core';
import type { RawDelivery } from './delivery-reader.ts';
import { PERSISTENT, type Publication } from './sending.ts';

/** Headers that are ours. `docs/reference/wire-format.md` describes them. */
const VERSION = 'leveret-version';
const ATTEMPT = 'leveret-attempt';
const MAX_ATTEMPTS = 'leveret-max-attempts';
const HELD_MS = 'leveret-held-ms';
const CRASHES = 'leveret-crashes';
const SNOOZES = 'leveret-snoozes';
const GENERATION = 'leveret-generation';
const CREATED_MS = 'leveret-created-ms';
const DELAY_LEFT_MS = 'leveret-delay-left-ms';
const FAILURE_CODE = 'leveret-failure-code';
const FAILURE_MESSAGE = 'leveret-failure-message';
const FAILURE_DETAILS = 'leveret-failure-details';
/** On dead letters alone: the lane that they came from. */
export const PRIORITY = 'leveret-priority';
const RESENT = 'leveret-resent';
/** The broker counts here how often it has taken a message back; absent at its first delivery. */
export const DELIVERY_COUNT = 'x-delivery-count';
/** The broker sends a message on by each of its keys, and takes them away at the last. */
const CC = 'CC';
const OURS: ReadonlySet<string> = new Set([
  VERSION,
  ATTEMPT,
  MAX_ATTEMPTS,
  HELD_MS,
  CRASHES,
  SNOOZES,
  GENERATION,
  CREATED_MS,
  DELAY_LEFT_MS,
  FAILURE_CODE,
  FAILURE_MESSAGE,
  FAILURE_DETAILS,
  PRIORITY,
  RESENT,
]);

/** Most that is sent along, in bytes on the wire: amqplib refuses to encode headers over 64 KiB, and the broker adds its own. */
export const MAX_FOREIGN_BYTES = 32_768;
/** What a header costs on the wire besides its name and its text, in bytes; rounded up. */
const HEADER_BYTES = 8;

const CONTENT_TYPE = 'application/json';

/** What accompanies a message besides itself. */
export interface Extras {
  /** Keys that lead through the delay wheel. */
  readonly onwardKeys?: readonly string[];
  /** What of its delay is left after the wheel, in milliseconds. */
  readonly delayLeftMs?: number;
  /** Why it is a dead letter. */
  readonly failure?: Failure;
  /** The broker may have it already. */
  readonly isResent?: boolean | undefined;
}

/** A message as it was received. */
export interface ReceivedMessage {
  readonly message: JobMessage;
  /** Why it is not a job, if it is not. */
  readonly defect?: string;
  /** It may be a copy of a message that the broker had already. */
  readonly isResent: boolean;
  /** It is early: so much of its delay is left, in milliseconds. */
  readonly delayLeftMs: number;
}

/** The publication of a message that the broker may have already, because an earlier one was not confirmed. */
export function asResent(publication: Publication): Publication {
  const { properties } = publication;
  return { ...publication, properties: { ...properties, headers: { ...properties.headers, [RESENT]: 1 } } };
}

/** The AMQP properties of `message`. The body travels as it is. */
export function toProperties(
  message: JobMessage,
  { onwardKeys, delayLeftMs = 0, failure, isResent }: Extras = {},
): Publication['properties'] {
  const { id, kind, priority, createdAt, version, generation, attempt, maxAttempts } = message;
  const { heldMs, crashes, snoozes } = message;
  // Set one by one: an object that is spread with more behind it takes many times as long.
  const headers: Record<string, unknown> = { ...message.headers };
  headers[VERSION] = version;
  headers[ATTEMPT] = attempt;
  headers[CREATED_MS] = createdAt;
  if (maxAttempts !== undefined) headers[MAX_ATTEMPTS] = maxAttempts;
  if (heldMs > 0) headers[HELD_MS] = heldMs;
  if (crashes > 0) headers[CRASHES] = crashes;
  if (snoozes > 0) headers[SNOOZES] = snoozes;
  if (generation > 0) headers[GENERATION] = generation;
  if (delayLeftMs > 0) headers[DELAY_LEFT_MS] = delayLeftMs;
  if (failure !== undefined) {
    headers[FAILURE_CODE] = failure.code;
    headers[FAILURE_MESSAGE] = failure.message;
    const details = writeFailureDetails(failure);
    if (details !== undefined) headers[FAILURE_DETAILS] = details;
    // Dead letters of all lanes lie in one queue. Before, its own queue says what a job's priority is.
    if (priority !== DEFAULT_PRIORITY) headers[PRIORITY] = priority;
  }
  if (isResent) headers[RESENT] = 1;
  if (onwardKeys !== undefined) headers[CC] = onwardKeys;
  return {
    messageId: id,
    type: kind,
    contentType: CONTENT_TYPE,
    timestamp: Math.floor(createdAt / 1_000),
    deliveryMode: PERSISTENT,
    headers,
  };
}

/** What can be missing from a message of another producer, and what it then is. */
export interface Defaults {
  readonly queue: string;
  /** Of the lane that it was consumed from: nothing else says what its priority is. */
  readonly priority: JobPriority;
  now(): number;
  newId(): string;
}

type Headers = Readonly<Record<string, unknown>>;

/** Reads a received message. Whatever it holds, this does not throw. */
export function toReceived(
  { properties, content }: Pick<RawDelivery, 'properties' | 'content'>,
  { queue, priority, now, newId }: Defaults,
): ReceivedMessage {
  const headers: Headers = properties.headers ?? {};
  const { messageId, type } = properties;
  const id = typeof messageId === 'string' && isUuid(messageId) ? messageId : undefined;
  const kind = typeof type === 'string' && isJobKind(type) ? type : undefined;
  const defects: string[] = [];
  if (id === undefined) defects.push(defectOf('message-id', messageId, 'is not a UUID in lower case'));
  if (kind === undefined) defects.push(defectOf('type', type, 'does not name a kind of job'));
  const count = (name: string, least: number, absent: number) =>
    countAt(headers, name, { least, absent, defects });
  const version = count(VERSION, 1, MESSAGE_VERSION);
  const attempt = count(ATTEMPT, 1, 1);
  // Nothing else is 0.
  const maxAttempts = count(MAX_ATTEMPTS, 1, 0) || undefined;
  const heldMs = count(HELD_MS, 0, 0);
  const crashes = count(CRASHES, 0, 0);
  const snoozes = count(SNOOZES, 0, 0);
  const generation = count(GENERATION, 0, 0);
  const delayLeftMs = count(DELAY_LEFT_MS, 0, 0);
  const foreign = foreignHeaders(headers);
  const fits = foreign === NONE || sizeOf(foreign) <= MAX_FOREIGN_BYTES;
  if (!fits) defects.push(`the headers sent along are larger than ${MAX_FOREIGN_BYTES} bytes together`);
  const message: JobMessage = {
    version,
    id: id ?? newId(),
    kind: kind ?? 'unknown',
    queue,
    priority,
    generation,
    attempt,
    maxAttempts,
    createdAt: momentOf(headers[CREATED_MS]) ?? momentOf(toMs(properties.timestamp)) ?? now(),
    heldMs,
    crashes,
    snoozes,
    body: content,
    headers: fits ? foreign : NONE,
  };
  const [defect] = defects;
  const isResent = headers[RESENT] !== undefined;
  // Sent on once more, what is no job would look like one.
  return defect === undefined
    ? { message, isResent, delayLeftMs }
    : { message, defect, isResent, delayLeftMs: 0 };
}

/** Where a delivery comes from. */
export function originOf({ fields, properties }: Pick<RawDelivery, 'fields' | 'properties'>): DeliveryOrigin {
  if (fields.redelivered) return 'returned';
  return properties.headers?.[RESENT] === undefined ? 'first' : 'resent';
}

/** How often the broker has taken a returned delivery back. A classic queue does not count: then it was at least once. */
export function returnCountOf({ properties }: Pick<RawDelivery, 'properties'>): number {
  return Math.max(1, wholeNumber(properties.headers?.[DELIVERY_COUNT]) ?? 1);
}

/** Why the worker made it a dead letter; undefined when that is not said, or by a code that is none. */
export function readFailureHeaders(headers: Headers): Failure | undefined {
  const code = headers[FAILURE_CODE];
  return typeof code === 'string' && isErrorCode(code)
    ? {
        code,
        message: String(headers[FAILURE_MESSAGE] ?? ''),
        ...readFailureDetails(headers[FAILURE_DETAILS]),
      }
    : undefined;
}

/**
 * What the producer sent along. Nothing that is written anew, and nothing that the broker has added: a message sent on with
 * its `x-death` is lost by brokers before 4.0. A `leveret-` header that only newer workers know stays for them.
 */
function foreignHeaders(headers: Headers): Readonly<Record<string, string>> {
  const names = Object.keys(headers).filter(isForeign);
  // Nearly no message has any.
  if (names.length === 0) return NONE;
  const foreign = names.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    foreign.filter(([, value]) => isPlain(value)).map(([name, value]) => [name, String(value)]),
  );
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

function isForeign(name: string): boolean {
  return !OURS.has(name) && !/^x-|^(?:CC|BCC)$/.test(name);
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

export function sizeOf(headers: Readonly<Record<string, string>>): number {
  let sizeBytes = 0;
  for (const [name, text] of Object.entries(headers)) {
    // What a worker adds must not make a message too large that was accepted.
    if (name === REPEATED_HEADER && text === '1') continue;
    if (name !== HISTORY_HEADER || Buffer.byteLength(text) > MAX_HISTORY_BYTES)
      sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(text) + HEADER_BYTES;
  }
  return sizeBytes;
}

/** What is wrong with a property: the dead letter has another in its place, so its value is kept in the words. */
function defectOf(name: string, value: unknown, words: string): string {
  return value === undefined
    ? `property ${name} is missing`
    : `property ${name} ${words}: ${JSON.stringify(value)}`;
}

/** What a number of ours may be, and where it is noted when it is not. */
interface CountRule {
  readonly least: number;
  readonly absent: number;
  readonly defects: string[];
}

/** A number of ours. One that is there and cannot be read is no default: a lost count of attempts would retry for ever. */
function countAt(headers: Headers, name: string, { least, absent, defects }: CountRule): number {
  const header = headers[name] ?? undefined;
  if (header === undefined) return absent;
  const value = wholeNumber(header);
  if (value !== undefined && value >= least) return value;
  defects.push(`header ${name} is not a whole number from ${least}`);
  return absent;
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
