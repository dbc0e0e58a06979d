import { type Cancel, type Clock, LeveretError, type Logger, messageOf } from '@leveret/core';
import type { AmqpChannel, AmqpConnection, ConfirmChannel, Options } from './amqp.ts';
import type { Connection } from './connection.ts';

/** Messages on their way at the same time; more wait here. RabbitMQ's throughput flattens at about this many. */
const WINDOW = 256;
/** Messages that may wait here: beyond that the broker is too slow for its producers, and they are told. */
const MAX_WAITING = 100_000;
/** How long a caller waits for a confirm, in milliseconds. */
const CONFIRM_MS = 2_000;
/** When no confirm at all comes for so long, in milliseconds, the channel is given up. */
const SILENCE_MS = 10_000;

/** One message for the broker. */
export interface Publication {
  readonly exchange: string;
  readonly key: string;
  readonly body: Uint8Array;
  /** `messageId` included. */
  readonly properties: Options.Publish & { readonly messageId: string };
}

/** Publishes with confirms. */
export interface Publisher {
  /**
   * Resolves once the message is durable and routed.
   * @throws {LeveretError} `BROKER_UNAVAILABLE` when it is not confirmed within 2 s (it may have been stored all the same),
   *   `BROKER_BLOCKED`, `BROKER_UNROUTABLE`.
   */
  publish(publication: Publication): Promise<void>;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

interface Entry {
  readonly publication: Publication;
  readonly resolve: () => void;
  readonly reject: (error: LeveretError) => void;
  /** When the caller gives up waiting, by the monotonic clock. */
  readonly dueAt: number;
  returned: boolean;
  settled: boolean;
}

/** A channel and what is on its way on it. */
interface Lane {
  readonly connection: AmqpConnection;
  readonly channel: AmqpChannel<ConfirmChannel>;
  readonly sent: Set<Entry>;
  lastConfirmAt: number;
}

/** Creates a publisher. Its channel is opened when first needed, and again after each loss. */
export function createPublisher(connection: Connection, clock: Clock, logger: Logger): Publisher {
  const waiting: Entry[] = [];
  const idleListeners = new Set<() => void>();
  let lane: Lane | undefined;
  let opening: Promise<void> | undefined;
  let cancelCheck: Cancel | undefined;

  /** Why nothing can be published now; undefined when it can. */
  function obstacle(): LeveretError | undefined {
    const status = connection.status();
    switch (status.state) {
      case 'up':
        return waiting.length < MAX_WAITING
          ? undefined
          : unavailable('too many messages wait for the broker');
      case 'blocked':
        return new LeveretError('BROKER_BLOCKED', `the broker takes no messages: ${status.reason}`);
      case 'down':
        return unavailable(status.reason);
    }
  }

  function pump(): void {
    if (lane === undefined || !lane.channel.isOpen()) {
      opening ??= openLane();
      return;
    }
    while (lane.sent.size < WINDOW) {
      const entry = waiting.shift();
      if (entry === undefined) break;
      if (!entry.settled) send(lane, entry);
    }
    watch();
  }

  async function openLane(): Promise<void> {
    try {
      const current = await connection.whenUp();
      const channel = await current.openConfirmChannel();
      const opened: Lane = {
        connection: current,
        channel,
        sent: new Set(),
        lastConfirmAt: clock.monotonic(),
      };
      channel.raw.on('return', (message) => noteReturn(opened, String(message.properties.messageId)));
      channel.lost.then(
        (reason) => failAll(opened, reason),
        () => undefined,
      );
      lane = opened;
    } catch (error) {
      for (const entry of waiting.splice(0)) fail(entry, unavailable(messageOf(error)));
    } finally {
      opening = undefined;
    }
    if (waiting.length > 0) pump();
  }

  function send(target: Lane, entry: Entry): void {
    const { exchange, key, body, properties } = entry.publication;
    target.sent.add(entry);
    try {
      // What it returns is of no use here: the window bounds what amqplib buffers.
      target.channel.raw.publish(exchange, key, toBuffer(body), properties, (error: unknown) =>
        confirmed(target, entry, error),
      );
    } catch (error) {
      // The channel closed a moment ago and has not said so yet, or a header is too large to encode.
      target.sent.delete(entry);
      fail(entry, unavailable(messageOf(error)));
    }
  }

  function confirmed(from: Lane, entry: Entry, error: unknown): void {
    from.sent.delete(entry);
    from.lastConfirmAt = clock.monotonic();
    if (error instanceof Error) fail(entry, unavailable(error.message));
    else if (entry.returned) {
      const { exchange, key } = entry.publication;
      fail(entry, new LeveretError('BROKER_UNROUTABLE', `nothing is bound to ${exchange} for key ${key}`));
    } else if (!entry.settled) {
      entry.settled = true;
      entry.resolve();
    }
    if (waiting.length > 0) pump();
    else if (from.sent.size === 0) becomeIdle();
  }

  /** A returned message comes back before its confirm. */
  function noteReturn(from: Lane, messageId: string): void {
    for (const entry of from.sent) {
      if (entry.publication.properties.messageId !== messageId || entry.returned) continue;
      entry.returned = true;
      return;
    }
  }

  function failAll(gone: Lane, reason: string): void {
    for (const entry of gone.sent)
      fail(entry, unavailable(`the broker was lost before it confirmed: ${reason}`));
    gone.sent.clear();
    if (lane === gone) lane = undefined;
    if (waiting.length > 0) pump();
    else becomeIdle();
  }

  function fail(entry: Entry, error: LeveretError): void {
    if (entry.settled) return;
    entry.settled = true;
    entry.reject(error);
  }

  function becomeIdle(): void {
    for (const listener of idleListeners) listener();
    idleListeners.clear();
  }

  /** One timer for everything on its way: the oldest is due first. */
  function watch(): void {
    cancelCheck ??= clock.schedule(CONFIRM_MS / 4, () => {
      cancelCheck = undefined;
      const now = clock.monotonic();
      for (const entry of [...(lane?.sent ?? []), ...waiting]) {
        if (entry.dueAt > now) break;
        fail(entry, unavailable(`not confirmed within ${CONFIRM_MS / 1_000} s`));
      }
      while (waiting[0]?.settled) waiting.shift();
      if (lane !== undefined && lane.sent.size > 0) giveUpIfSilent(lane, now);
      if (waiting.length > 0 || (lane !== undefined && lane.sent.size > 0)) watch();
    });
  }

  function giveUpIfSilent(current: Lane, now: number): void {
    const oldest = current.sent.values().next().value;
    const sentAt = (oldest?.dueAt ?? now) - CONFIRM_MS;
    if (now - Math.max(current.lastConfirmAt, sentAt) < SILENCE_MS) return;
    logger.warn({ unconfirmed: current.sent.size }, 'the broker confirms nothing: trying a new channel');
    failAll(current, `nothing was confirmed for ${SILENCE_MS / 1_000} s`);
    current.channel.close().catch(() => undefined);
  }

  return {
    publish(publication) {
      const error = obstacle();
      if (error !== undefined) return Promise.reject(error);
      return new Promise((resolve, reject) => {
        waiting.push({
          publication,
          resolve,
          reject,
          dueAt: clock.monotonic() + CONFIRM_MS,
          returned: false,
          settled: false,
        });
        pump();
      });
    },
    idle() {
      if (waiting.length === 0 && (lane === undefined || lane.sent.size === 0)) return Promise.resolve();
      return new Promise((resolve) => idleListeners.add(resolve));
    },
  };
}

function unavailable(reason: string): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', reason);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
