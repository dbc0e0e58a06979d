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

/** A message in the hands of the publisher. */
export interface Entry {
  publication: Publication;
  state: 'waiting' | 'sent' | 'confirmed' | 'failed';
  /** Since when it is in the publisher's hands, by the monotonic clock. */
  readonly since: number;
  sentAt: number;
  /** How often it was sent, with the same id each time. */
  sendCount: number;
  isReturned: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Whether nobody knows yet what becomes of it. */
export function isOpen({ state }: Entry): boolean {
  return state === 'waiting' || state === 'sent';
}

/** Its length, in bytes, as far as it counts for what is kept in memory. */
export function sizeOf({ publication }: Entry): number {
  return publication.body.byteLength;
}

/** The message is durable and routed. */
export function confirm(entry: Entry): void {
  entry.state = 'confirmed';
  entry.resolve();
}

/** The message is not going to be confirmed any more. */
export function fail(entry: Entry, error: Error): void {
  entry.state = 'failed';
  entry.reject(error);
}
