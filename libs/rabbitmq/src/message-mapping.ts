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

/** Reads a received message. Whatever it holds, this does not throw. */
export function toReceived(
  { properties, content }: Message,
  { queue, now, newId }: Defaults,
): ReceivedMessage {
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {};
  const { messageId, type } = properties as { readonly messageId: unknown; readonly type: unknown };
  const hasId = typeof messageId === 'string' && isUuid(messageId);
  const hasKind = typeof type === 'string' && isJobKind(type);
  const defect = !hasId
    ? 'property message-id is not a UUID'
    : !hasKind
      ? 'property type does not name a kind of job'
      : undefined;
  const message: JobMessage = {
    version: wholeNumber(headers[VERSION], MESSAGE_VERSION),
    id: hasId ? messageId : newId(),
    kind: hasKind ? type : 'unknown',
    queue,
    attempt: Math.max(1, wholeNumber(headers[ATTEMPT], 1)),
    createdAt: wholeNumber(headers[CREATED_MS], wholeNumber(properties.timestamp, now / 1_000) * 1_000),
    heldMs: wholeNumber(headers[HELD_MS], 0),
    body: content,
    headers: foreignHeaders(headers),
  };
  return {
    message,
    delayLeftMs: wholeNumber(headers[DELAY_LEFT_MS], 0),
    ...(defect === undefined ? {} : { defect }),
  };
}

/** Why a dead letter is one; undefined when the broker made it one. */
export function toDeadLetterFailure({ properties }: Message): Failure | undefined {
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {};
  const code = headers[FAILURE_CODE];
  return typeof code === 'string' && isErrorCode(code)
    ? { code, message: String(headers[FAILURE_MESSAGE] ?? '') }
    : undefined;
}

/**
 * What the producer sent along. Nothing that is ours, and nothing that the broker has added: a message sent on with its
 * `x-death` is lost by brokers before 4.0.
 */
function foreignHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const foreign = Object.entries(headers).filter(
    ([name, value]) =>
      !/^(?:leveret-|x-)|^(?:CC|BCC)$/.test(name) && ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(foreign.map(([name, value]) => [name, String(value)]));
}

function wholeNumber(value: unknown, otherwise: number): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : Math.floor(otherwise);
}
