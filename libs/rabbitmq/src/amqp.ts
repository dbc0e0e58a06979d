import type { Socket } from 'node:net';
import { type Clock, LeveretError, withDeadline } from '@leveret/core';
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { toBrokerError, toConnectError } from './amqp-errors.ts';
import { writeTogether } from './write-together.ts';

export type { Channel, ConfirmChannel, ConsumeMessage, Message, Options } from 'amqplib';

/** The only file that knows how to get along with amqplib: its types leave through here, its traps stay here. */

/** How long a connection may take to be made, in milliseconds. */
const CONNECT_MS = 5_000;
/** How long the broker may take to answer anything else, in milliseconds. */
const ANSWER_MS = 15_000;
/** How long a channel or a connection may take to close, in milliseconds. */
const CLOSE_MS = 2_000;
/** Heartbeat, in seconds, where the URL names none: a lost peer is noticed within two of them. */
const HEARTBEAT_S = '10';

/** A connection, until it is lost. */
export interface AmqpConnection {
  /** Opens a channel. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
  openChannel(): Promise<AmqpChannel<Channel>>;
  /** Opens a channel with publisher confirms. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
  openConfirmChannel(): Promise<AmqpChannel<ConfirmChannel>>;
  /** Settles with the reason, once the connection is gone. Never rejects. */
  readonly lost: Promise<string>;
  /** Why the broker takes no messages, while that is so. */
  blocked(): string | undefined;
  /** Ends the connection; within a few seconds whatever the peer does. Never rejects. */
  close(): Promise<void>;
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
   *   what it may have delivered, and the connection given up when not even that is answered.
   */
  answer<T>(what: string, request: Promise<T>): Promise<T>;
  /** Acknowledges a delivery, and all before it when `upTo` is set. Does nothing on a channel that is gone. */
  ack(deliveryTag: number, upTo: boolean): void;
  /** Gives a delivery back to its queue. Does nothing on a channel that is gone. */
  giveBack(deliveryTag: number): void;
  /** Sends what is written and ends the channel. Never rejects. */
  close(): Promise<void>;
}

/** How a connection is made. */
export interface ConnectOptions {
  /** Shown in the broker's own tools. */
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Connects to one broker.
 *
 * @throws {LeveretError} `BROKER_REFUSED` for a wrong login or virtual host, else `BROKER_UNAVAILABLE`.
 */
export async function connectAmqp(url: string, { name, clock }: ConnectOptions): Promise<AmqpConnection> {
  const model = await open(url, name, clock);
  writeTogether(socketOf(model));
  let blocked: string | undefined;
  let reason = 'the connection was closed';
  let isOpen = true;
  model.on('blocked', (why) => {
    blocked = why;
  });
  model.on('unblocked', () => {
    blocked = undefined;
  });
  model.on('error', (error) => {
    reason = error.message;
  });
  const lost = new Promise<string>((resolve) => {
    model.on('close', (error) => {
      isOpen = false;
      resolve(error?.message ?? reason);
    });
  });

  async function openWith<Raw extends Channel>(request: Promise<Raw>): Promise<AmqpChannel<Raw>> {
    const late = () => new LeveretError('BROKER_UNAVAILABLE', 'the broker did not open a channel in time');
    try {
      const giveUpConnection = (why: string) => destroySocket(model, why);
      return toChannel(await withDeadline(clock, ANSWER_MS, request, late), clock, giveUpConnection);
    } catch (cause) {
      request.then(dismiss, () => undefined);
      throw toBrokerError(cause);
    }
  }

  const connection: AmqpConnection = {
    openChannel: () => openWith(model.createChannel()),
    openConfirmChannel: () => openWith(model.createConfirmChannel()),
    lost,
    blocked: () => blocked,
    async close() {
      if (isOpen) await closeInTime(clock, model.close());
      destroySocket(model, 'the connection was closed');
    },
  };
  return await probe(connection, url, clock);
}

/** Where a URL points to, without its credentials. */
export function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Whether the broker itself refused a message; else its channel was lost, and nobody knows. */
export function isNack(error: Error): boolean {
  return error.message === 'message nacked';
}

async function open(url: string, name: string, clock: Clock): Promise<ChannelModel> {
  const target = new URL(url);
  if (!target.searchParams.has('heartbeat')) target.searchParams.set('heartbeat', HEARTBEAT_S);
  const socket = {
    noDelay: true,
    keepAlive: true,
    timeout: CONNECT_MS,
    clientProperties: { connection_name: name },
  };
  const connecting = connect(target.href, socket);
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

/** A broker that closes the connection right behind its welcome has done so before anybody could listen. */
async function probe(connection: AmqpConnection, url: string, clock: Clock): Promise<AmqpConnection> {
  try {
    const channel = await withDeadline(clock, CONNECT_MS, connection.openChannel(), connectedTooLate);
    await channel.close();
    return connection;
  } catch (cause) {
    connection.close().catch(() => undefined);
    throw toConnectError(cause, placeOf(url));
  }
}

function connectedTooLate(): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', `the broker did not answer within ${CONNECT_MS / 1_000} s`);
}

function toChannel<Raw extends Channel>(
  raw: Raw,
  clock: Clock,
  giveUpConnection: (why: string) => void,
): AmqpChannel<Raw> {
  let isOpen = true;
  let reason = 'the channel was closed';
  const noteReason = (error: Error) => {
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
    raw.on('close', () => end(reason));
  });

  function giveUp(why: string): void {
    end(why);
    const closing = raw.close().catch(() => undefined);
    withDeadline(clock, CLOSE_MS, closing, () => new Error(why)).catch(() => giveUpConnection(why));
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
      const late = () => {
        giveUp(`no answer to: ${what}`);
        return new LeveretError(
          'BROKER_UNAVAILABLE',
          `the broker did not answer within ${ANSWER_MS / 1_000} s: ${what}`,
        );
      };
      return await withDeadline(clock, ANSWER_MS, request, late);
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
