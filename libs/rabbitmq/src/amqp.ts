import { type Clock, LeveretError, messageOf, withDeadline } from '@leveret/core';
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib';

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
/** AMQP reply codes that no repetition cures: access refused, and not allowed (no such virtual host). */
const REFUSALS = [403, 530] as const;

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
  /** Settles with the reason, once the channel is gone. Never rejects. */
  readonly lost: Promise<string>;
  isOpen(): boolean;
  /** The answer to a request on this channel. @throws {LeveretError} `BROKER_UNAVAILABLE` when it takes too long; the channel is then given up. */
  answer<T>(what: string, request: Promise<T>): Promise<T>;
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
  let blocked: string | undefined;
  let reason = 'the connection was closed';
  let open_ = true;
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
      open_ = false;
      resolve(error?.message ?? reason);
    });
  });

  async function openWith<Raw extends Channel>(request: () => Promise<Raw>): Promise<AmqpChannel<Raw>> {
    const late = () => new LeveretError('BROKER_UNAVAILABLE', 'the broker did not open a channel in time');
    try {
      return toChannel(await withDeadline(clock, ANSWER_MS, request(), late), clock);
    } catch (cause) {
      throw toBrokerError(cause);
    }
  }

  return {
    openChannel: () => openWith(() => model.createChannel()),
    openConfirmChannel: () => openWith(() => model.createConfirmChannel()),
    lost,
    blocked: () => blocked,
    async close() {
      if (!open_) return;
      await closeInTime(clock, model.close());
      destroySocket(model);
    },
  };
}

/** A failure of amqplib as one of ours. Those that are ours already stay as they are. */
export function toBrokerError(cause: unknown): LeveretError {
  if (cause instanceof LeveretError) return cause;
  return new LeveretError(isRefusal(cause) ? 'BROKER_REFUSED' : 'BROKER_UNAVAILABLE', messageOf(cause), {
    cause,
  });
}

/** The AMQP reply code that closed a channel or connection, if that is what `error` tells. */
export function replyCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Where a URL points to, without its credentials. */
export function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
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
  const late = () =>
    new LeveretError('BROKER_UNAVAILABLE', `${placeOf(url)} did not answer within ${CONNECT_MS / 1_000} s`);
  try {
    return await withDeadline(clock, CONNECT_MS, connecting, late);
  } catch (cause) {
    // Should it succeed after all, nobody wants it any more.
    connecting.then(
      (model) => destroySocket(model),
      () => undefined,
    );
    const error = toBrokerError(cause);
    throw new LeveretError(error.code, `${placeOf(url)}: ${reasonOf(cause)}`, { cause });
  }
}

/** An `AggregateError` of several refused addresses says nothing itself. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return messageOf(cause.errors[0]);
  return messageOf(cause);
}

function isRefusal(cause: unknown): boolean {
  const code = replyCode(cause);
  if (code !== undefined) return REFUSALS.some((refusal) => refusal === code);
  return /\b403 \(ACCESS[-_]REFUSED\)|\b530 \(NOT[-_]ALLOWED\)|ACCESS_REFUSED/.test(messageOf(cause));
}

function toChannel<Raw extends Channel>(raw: Raw, clock: Clock): AmqpChannel<Raw> {
  let isOpen = true;
  let reason = 'the channel was closed';
  raw.on('error', (error) => {
    reason = error.message;
  });
  raw.on('handler-error', (error) => {
    reason = error.message;
  });
  let giveUp: (why: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    giveUp = (why) => {
      isOpen = false;
      resolve(why);
    };
    raw.on('close', () => giveUp(reason));
  });
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
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await closeInTime(clock, raw.close());
    },
  };
}

/** amqplib's `close` never settles when the socket dies meanwhile, and rejects when it was closed before. */
async function closeInTime(clock: Clock, closing: Promise<void>): Promise<void> {
  const late = () => new Error('closing took too long');
  await withDeadline(clock, CLOSE_MS, closing, late).catch(() => undefined);
}

/** There is no public way to end a connection whose peer does not answer. */
function destroySocket(model: ChannelModel): void {
  const { stream } = model.connection as unknown as { readonly stream?: { destroy(): void } };
  stream?.destroy();
}
