import type { Socket } from 'node:net';
import { type Clock, type LeveretError, withDeadline } from '@leveret/core';
import { type Channel, type ChannelModel, type ConfirmChannel, connect, credentials } from 'amqplib';
import {
  type DeliveryReader,
  type FrameSource,
  type RawDelivery,
  readDeliveries,
} from '../codec/delivery-reader.ts';
import { type MessageSink, writePublications } from '../codec/publication-writer.ts';
import type { AmqpProperties, Publication, PublishFields } from '../codec/sending.ts';
import { toBrokerError, toConnectError, unavailable } from './amqp-errors.ts';
import { heartbeatOf, loginOf, placeOf, withHeartbeat } from './broker-url.ts';
import { checkVersion } from './broker-version.ts';
import { createLink, type Link } from './link.ts';
import { watchSilence } from './silence.ts';
import { writeTogether } from './write-together.ts';

export type { Channel } from 'amqplib';

/** The only file that knows how to get along with amqplib: its types leave through here, its traps stay here. */

/** How long a connection may take to be made, in milliseconds. */
const CONNECT_MS = 5_000;
/** How long the broker may take to answer anything else, in milliseconds. */
const ANSWER_MS = 15_000;
/** How long a channel or a connection may take to close, in milliseconds. */
const CLOSE_MS = 2_000;

/** What a broker says of itself when it is connected to. */
export interface ServerIdentity {
  readonly product: string;
  readonly version: string;
  readonly clusterName: string;
}

/** A connection, until it is lost. */
export interface AmqpConnection {
  readonly server: ServerIdentity;
  /** Opens a channel. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
  openChannel(): Promise<AmqpChannel<Channel>>;
  /** Opens a channel with publisher confirms. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
  openConfirmChannel(): Promise<AmqpConfirmChannel>;
  /** Settles with the reason, once the connection is gone. Never rejects. */
  readonly lost: Promise<string>;
  isOpen(): boolean;
  /** Why the broker takes no messages, while that is so. */
  blocked(): string | undefined;
  /** Ends the connection, for `reason`; within a few seconds whatever the peer does. Never rejects. */
  close(reason?: string): Promise<void>;
}

/** A channel, until it is lost. */
export interface AmqpChannel<Raw extends Channel = Channel> {
  readonly raw: Raw;
  /** Settles with the reason, once the channel is gone or given up. Never rejects. */
  readonly lost: Promise<string>;
  isOpen(): boolean;
  /**
   * The answer to a request on this channel.
   * @throws {LeveretError} `BROKER_UNAVAILABLE` when it takes too long. The channel is then closed, so that the broker takes back
   *   what it may have delivered, and the connection given up when not even that is answered, or when the request before was not
   *   answered either.
   */
  answer<T>(what: string, request: Promise<T>): Promise<T>;
  /**
   * Consumes a queue; those of a higher priority are given messages first. Once for each channel. With null, `receive` is told that the
   * broker has cancelled the consumer: what comes after that, or after {@link AmqpChannel.cancel}, is passed over, all of it, and returns to the
   * queue with the channel. It must not throw.
   * @returns The consumer's tag.
   */
  consume(
    queueName: string,
    receive: (delivery: RawDelivery | null) => void,
    how?: {
      readonly priority?: number | undefined;
      /** Deliveries have all their properties, not only those that make a job. Reading them takes longer. */
      readonly readsAll?: boolean | undefined;
    },
  ): Promise<string>;
  /** Has the broker deliver nothing more. Rejects when it does not answer. */
  cancel(consumerTag: string): Promise<void>;
  /** Acknowledges a delivery, and all before it when `upTo` is set. Does nothing on a channel that is gone. */
  ack(deliveryTag: number, upTo: boolean): void;
  /** Gives a delivery back to its queue. Does nothing on a channel that is gone. */
  giveBack(deliveryTag: number): void;
  /** Sends what is written and ends the channel. Never rejects. */
  close(): Promise<void>;
}

/** A channel with publisher confirms, until it is lost. */
export interface AmqpConfirmChannel extends AmqpChannel<ConfirmChannel> {
  /**
   * Sends a message. `onAnswer` is called once: with null when the broker has confirmed it, else with why not. What is returned comes as an
   * event of {@link AmqpChannel.raw} before.
   * @throws {TypeError} or `RangeError` for what cannot be encoded; whatever amqplib throws while the channel closes. Then nothing was sent.
   */
  publish(publication: Publication, onAnswer: (error: unknown) => void): void;
}

/** How a connection is made. */
export interface ConnectOptions {
  /** Shown in the broker's own tools. */
  readonly name: string;
  readonly clock: Clock;
  readonly tls?: TlsOptions;
  /**
   * Whether a broker that says nothing although it is asked is held to be gone, before its heartbeats are missed. Not where messages
   * are published: a broker that cannot keep up reads nothing for a while.
   */
  readonly endsInSilence?: boolean;
  /** Told when the broker stops taking messages, and why; with undefined when it takes them again. */
  readonly onBlocked?: (reason: string | undefined) => void;
}

/** What `amqps://` works with, as PEM. */
export interface TlsOptions {
  /** Certificates of the authorities that may have signed the broker's; without, those that Node.js knows. */
  readonly ca?: string;
  /** The certificate that this process shows. Its key comes with it. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Connects to one broker.
 *
 * @throws {LeveretError} `BROKER_REFUSED` for a wrong login, virtual host or certificate and for a broker that is too old, else
 *   `BROKER_UNAVAILABLE`.
 */
export async function connectAmqp(url: string, options: ConnectOptions): Promise<AmqpConnection> {
  const { clock, onBlocked, endsInSilence = false } = options;
  const model = await open(url, options);
  const socket = socketOf(model);
  writeTogether(socket);
  const reader = readDeliveries(framesOf(model));
  writePublications(messagesOf(model));
  let blocked: string | undefined;
  let reason = 'the connection was closed';
  let isOpen = true;
  model.on('blocked', (why) => {
    blocked = why;
    onBlocked?.(why);
  });
  model.on('unblocked', () => {
    blocked = undefined;
    onBlocked?.(undefined);
  });
  model.on('error', (error) => {
    reason = error.message;
  });
  const lost = new Promise<string>((resolve) => {
    model.on('close', (error) => {
      isOpen = false;
      reason = error?.message ?? reason;
      resolve(reason);
    });
  });

  const link = createLink(clock, (why) => destroySocket(model, why));

  async function openWith<Raw extends Channel, Opened>(
    request: Promise<Raw>,
    wrap: (raw: Raw, shared: Shared) => Opened,
  ): Promise<Opened> {
    const askedAt = clock.monotonic();
    const late = () => {
      const error = unavailable('the broker did not open a channel in time');
      link.noteSilence(error.message, askedAt);
      return error;
    };
    try {
      const raw = await withDeadline(clock, ANSWER_MS, request, late);
      // A connection that ends right behind this answer has closed the channel before anybody could listen: it would look open for ever.
      if (!isOpen) throw unavailable(reason);
      return wrap(raw, { clock, link, reader });
    } catch (cause) {
      request.then(dismiss, () => undefined);
      throw toBrokerError(cause);
    }
  }

  const connection: AmqpConnection = {
    server: identityOf(model),
    openChannel: () => openWith(model.createChannel(), toChannel<Channel>),
    openConfirmChannel: () => openWith(model.createConfirmChannel(), toConfirmChannel),
    lost,
    isOpen: () => isOpen,
    blocked: () => blocked,
    async close(why = 'the connection was closed') {
      reason = why;
      if (isOpen) await closeInTime(clock, model.close());
      destroySocket(model, why);
    },
  };
  const channel = await probe(connection, { url, clock, check: () => checkVersion(connection.server) });
  if (endsInSilence) {
    const stopWatching = watchSilence({
      clock,
      heartbeatS: heartbeatOf(url),
      receivedBytes: () => socket.bytesRead,
      // Asks nothing of any queue.
      ask: () => channel.raw.prefetch(0),
      onSilent: link.giveUp,
    });
    lost.then(stopWatching, stopWatching);
  } else await channel.close();
  return connection;
}

/** All that amqplib is sure of is that these are values. */
function identityOf(model: ChannelModel): ServerIdentity {
  const properties: Readonly<Record<string, unknown>> = { ...model.connection.serverProperties };
  const { product = '', version = '', cluster_name: clusterName = '' } = properties;
  return { product: String(product), version: String(version), clusterName: String(clusterName) };
}

/** Whether the broker itself refused a message; else its channel was lost, and nobody knows. */
export function isNack(error: Error): boolean {
  return error.message === 'message nacked';
}

async function open(url: string, { name, clock, tls }: ConnectOptions): Promise<ChannelModel> {
  const { user, password } = loginOf(url);
  const socket = {
    ...tls,
    noDelay: true,
    keepAlive: true,
    timeout: CONNECT_MS,
    clientProperties: { connection_name: name },
    // What amqplib itself reads out of the URL is wrong beyond ASCII.
    credentials: credentials.plain(user, password),
  };
  // A certificate that cannot be read makes it throw at once.
  const connecting = Promise.resolve().then(() => connect(withHeartbeat(url), socket));
  try {
    return await withDeadline(clock, CONNECT_MS, connecting, connectedTooLate);
  } catch (cause) {
    // Should it succeed after all, nobody wants it any more.
    connecting.then(
      (model) => dismissConnection(model, clock),
      () => undefined,
    );
    throw toConnectError(cause, placeOf(url));
  }
}

interface Probe {
  readonly url: string;
  readonly clock: Clock;
  readonly check: () => void;
}

/** Opens a channel: a broker that closes the connection right behind its welcome has done so before anybody could listen. */
async function probe(connection: AmqpConnection, { url, clock, check }: Probe): Promise<AmqpChannel> {
  try {
    check();
    return await withDeadline(clock, CONNECT_MS, connection.openChannel(), connectedTooLate);
  } catch (cause) {
    connection.close().catch(() => undefined);
    throw toConnectError(cause, placeOf(url));
  }
}

function connectedTooLate(): LeveretError {
  return unavailable(`the broker did not answer within ${CONNECT_MS / 1_000} s`);
}

/** What a channel has in common with the others of its connection. */
interface Shared {
  readonly clock: Clock;
  readonly link: Link;
  readonly reader: DeliveryReader;
}

function toChannel<Raw extends Channel>(raw: Raw, { clock, link, reader }: Shared): AmqpChannel<Raw> {
  const number = numberOf(raw);
  let isOpen = true;
  let reason = 'the channel was closed';
  let failure: Error | undefined;
  const noteReason = (error: Error) => {
    failure = error;
    reason = error.message;
  };
  raw.on('error', noteReason);
  raw.on('handler-error', noteReason);
  let end: (why: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    end = (why) => {
      isOpen = false;
      resolve(why);
    };
    raw.on('close', () => {
      reader.remove(number);
      end(reason);
    });
  });

  function giveUp(why: string, askedAt: number): void {
    end(why);
    const closing = raw.close().catch(() => undefined);
    withDeadline(clock, CLOSE_MS, closing, () => new Error(why)).catch(() => link.giveUp(why));
    link.noteSilence(why, askedAt);
  }

  /** amqplib throws while the channel is closing: its deliveries come again anyway. */
  function ifOpen(send: () => void): void {
    if (!isOpen) return;
    try {
      send();
    } catch (error) {
      if (error instanceof Error) noteReason(error);
    }
  }

  return {
    raw,
    lost,
    isOpen: () => isOpen,
    async answer(what, request) {
      const askedAt = clock.monotonic();
      const late = () => {
        giveUp(`no answer to: ${what}`, askedAt);
        return unavailable(`the broker did not answer within ${ANSWER_MS / 1_000} s: ${what}`);
      };
      try {
        const answer = await withDeadline(clock, ANSWER_MS, request, late);
        link.noteAnswer();
        return answer;
      } catch (error) {
        // Of several requests, those behind the one that was refused may fail first.
        throw failure !== undefined && isAftermath(error) ? failure : error;
      }
    },
    async consume(queueName, receive, { priority, readsAll = false } = {}) {
      if (!readsAll) reader.add(number, receive);
      const receiveOrForget = (delivery: RawDelivery | null) => {
        // amqplib passes over what comes now: taking some of it would have that acknowledged with the rest.
        if (delivery === null) reader.remove(number);
        receive(delivery);
      };
      const options = priority === undefined ? {} : { priority };
      const { consumerTag } = await raw.consume(queueName, receiveOrForget, options);
      return consumerTag;
    },
    async cancel(consumerTag) {
      await raw.cancel(consumerTag);
      reader.remove(number);
    },
    ack: (deliveryTag, upTo) => ifOpen(() => raw.ack(tagged(deliveryTag), upTo)),
    giveBack: (deliveryTag) => ifOpen(() => raw.nack(tagged(deliveryTag), false, true)),
    async close() {
      if (!isOpen) return;
      end('the channel was closed');
      await closeInTime(clock, raw.close());
    },
  };
}

function toConfirmChannel(raw: ConfirmChannel, shared: Shared): AmqpConfirmChannel {
  const internals = internalsOf(raw);
  return Object.assign(toChannel(raw, shared), {
    // As amqplib's own does it, which makes three objects more of each message, and its headers slow to read.
    publish(publication: Publication, onAnswer: (error: unknown) => void) {
      internals.sendMessage(publication, publication.properties, publication.body);
      internals.pushConfirmCallback(onAnswer);
    },
  });
}

/** Whether a request failed because its channel had ended, and says no more. */
function isAftermath(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Channel ended');
}

/** amqplib asks for a whole message and reads its tag alone. */
function tagged(deliveryTag: number): Parameters<Channel['ack']>[0] {
  return { fields: { deliveryTag } } as Parameters<Channel['ack']>[0];
}

/** A channel without a listener for errors would take its connection along. */
function dismiss(raw: Channel): void {
  raw.on('error', () => undefined);
  raw.close().catch(() => undefined);
}

/** A connection without a listener for errors would take the process along. */
async function dismissConnection(model: ChannelModel, clock: Clock): Promise<void> {
  model.on('error', () => undefined);
  await closeInTime(clock, model.close());
  destroySocket(model, 'the connection came too late');
}

/** amqplib's `close` never settles when the socket dies meanwhile, and rejects when it was closed before. */
async function closeInTime(clock: Clock, closing: Promise<void>): Promise<void> {
  const late = () => new Error('closing took too long');
  await withDeadline(clock, CLOSE_MS, closing, late).catch(() => undefined);
}

/** Ends a connection whose peer does not answer. The error makes amqplib stop its heartbeat and say that it is closed. */
function destroySocket(model: ChannelModel, why: string): void {
  socketOf(model).destroy(new Error(why));
}

/** There is no public way to a connection's socket. */
function socketOf(model: ChannelModel): Socket {
  return (model.connection as unknown as { readonly stream: Socket }).stream;
}

/** Nor to what came through it. */
function framesOf(model: ChannelModel): FrameSource {
  return model.connection as unknown as FrameSource;
}

/** Nor to what goes out through it. */
function messagesOf(model: ChannelModel): MessageSink {
  return model.connection as unknown as MessageSink;
}

/** Nor to what amqplib publishes with. */
function internalsOf(raw: ConfirmChannel): ConfirmInternals {
  return raw as unknown as ConfirmInternals;
}

interface ConfirmInternals {
  sendMessage(fields: PublishFields, properties: AmqpProperties, body: Uint8Array): unknown;
  pushConfirmCallback(onAnswer: (error: unknown) => void): void;
}

/** Nor to a channel's number. */
function numberOf(raw: Channel): number {
  return (raw as unknown as { readonly ch: number }).ch;
}
