import type { Clock } from '@leveret/core';

/** Where a message goes, as AMQP's `basic.publish` says it. */
export interface PublishFields {
  readonly exchange: string;
  readonly routingKey: string;
  /** It comes back when no queue takes it. */
  readonly mandatory?: boolean;
  /** RabbitMQ does not do it. */
  readonly immediate?: boolean;
}

/** What a message says of itself: the properties of AMQP's `basic` class. */
export interface AmqpProperties {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** 2 when it survives a restart of the broker, else 1. */
  readonly deliveryMode?: number | undefined;
  readonly priority?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly expiration?: string | undefined;
  readonly messageId?: string | undefined;
  /** In seconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
  readonly clusterId?: string | undefined;
}

/** The `deliveryMode` of a message that survives a restart of the broker, and of one that does not. */
export const PERSISTENT = 2;
export const TRANSIENT = 1;

/** One message for the broker. */
export interface Publication extends PublishFields {
  readonly body: Uint8Array;
  readonly properties: AmqpProperties & { readonly messageId: string };
}

/** A message that was sent, whatever became of it. */
export interface Sending {
  /**
   * Resolves once the message is durable and routed. After `BROKER_UNAVAILABLE` the message may still be on its way
   * ({@link hasFailed} tells): called again, this waits for the same message, for as long again.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`, `BROKER_UNROUTABLE`, `BROKER_REFUSED`.
   * @throws {TypeError} or `RangeError` when its properties cannot be encoded.
   */
  confirmed(): Promise<void>;
  /** Whether it is known not to be confirmed any more: to arrive, it has to be sent anew. */
  hasFailed(): boolean;
}

/** A message in the hands of the publisher. */
export interface Entry {
  readonly publication: Publication;
  state: 'waiting' | 'sent' | 'confirmed' | 'failed';
  /** Since when, by the monotonic clock, its caller waits or it is on its way: whichever was later. */
  since: number;
  sentAt: number;
  /** How often it was sent, with the same id each time. */
  sendCount: number;
  isReturned: boolean;
  error: Error | undefined;
  caller: Caller | undefined;
}

/** Whoever waits for a message to be confirmed. */
interface Caller {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A message that waits to be sent, since the moment `since` of the monotonic clock. */
export function toEntry(publication: Publication, since: number): Entry {
  return {
    publication,
    state: 'waiting',
    since,
    sentAt: since,
    sendCount: 0,
    isReturned: false,
    error: undefined,
    caller: undefined,
  };
}

/** Whether nobody knows yet what becomes of it. */
export function isOpen({ state }: Entry): boolean {
  return state === 'waiting' || state === 'sent';
}

/** What becomes of a message, as far as its caller has the patience. */
export function outcomeOf(entry: Entry, clock: Clock): Promise<void> {
  if (entry.state === 'confirmed') return Promise.resolve();
  if (entry.error !== undefined) return Promise.reject(entry.error);
  if (entry.caller !== undefined) return entry.caller.promise;
  entry.since = Math.max(entry.since, clock.monotonic());
  entry.caller = createCaller();
  return entry.caller.promise;
}

/** Ends the caller's waiting; the message itself goes on. */
export function tellCaller(entry: Entry, error: Error): void {
  const { caller } = entry;
  entry.caller = undefined;
  caller?.reject(error);
}

/** The message is not going to be confirmed any more. */
export function fail(entry: Entry, error: Error): void {
  entry.state = 'failed';
  entry.error = error;
  tellCaller(entry, error);
}

function createCaller(): Caller {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
