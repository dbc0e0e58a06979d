import { type Cancel, type Clock, LeveretError, type Logger, messageOf } from '@leveret/core';
import { type AmqpChannel, type ConfirmChannel, isNack } from './amqp.ts';
import type { Connection } from './connection.ts';
import { createFifo } from './fifo.ts';
import {
  type Entry,
  fail,
  outcomeOf,
  type Publication,
  type Sending,
  tellCaller,
  toEntry,
} from './sending.ts';

/** Messages on their way at the same time; more wait here. RabbitMQ's throughput flattens at about this many. */
const WINDOW = 256;
/** Messages sent in one turn of the event loop: whatever else the process does gets its turn too. */
const PER_TURN = 64;
/** Messages that may wait here: beyond that the broker is too slow for its producers, and they are told. */
const MAX_WAITING = 100_000;
/** How long a caller waits for a confirm, in milliseconds. */
const CONFIRM_MS = 2_000;
/** When no confirm at all comes for so long, in milliseconds, the channel is given up. */
const SILENCE_MS = 10_000;

/** Publishes with confirms. */
export interface Publisher {
  /**
   * Sends a message. Its caller waits up to 2 s from the moment it goes out; as long as the broker confirms what went before, it
   * may wait its turn for longer.
   */
  send(publication: Publication): Sending;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

/** A channel and what is on its way on it. */
interface PublishChannel {
  readonly channel: AmqpChannel<ConfirmChannel>;
  readonly sent: Set<Entry>;
}

/** Creates a publisher. Its channel is opened when first needed, and again after each loss. */
export function createPublisher(connection: Connection, clock: Clock, logger: Logger): Publisher {
  const waiting = createFifo<Entry>();
  const idleListeners = new Set<() => void>();
  let current: PublishChannel | undefined;
  let opening: Promise<void> | undefined;
  let cancelCheck: Cancel | undefined;
  let lastConfirmAt = Number.NEGATIVE_INFINITY;
  let sentThisTurn = 0;

  /** Why nothing can be published now; undefined when it can. */
  function obstacle(): LeveretError | undefined {
    const status = connection.status();
    switch (status.state) {
      case 'up':
        return waiting.size() < MAX_WAITING
          ? undefined
          : unavailable('too many messages wait for the broker');
      case 'blocked':
        return new LeveretError('BROKER_BLOCKED', `the broker takes no messages: ${status.reason}`);
      case 'down':
        return unavailable(status.reason);
    }
  }

  function pump(): void {
    watch();
    if (current === undefined || !current.channel.isOpen()) {
      opening ??= openChannel();
      return;
    }
    while (current.sent.size < WINDOW && sentThisTurn < PER_TURN) {
      const entry = waiting.shift();
      if (entry === undefined) break;
      if (sentThisTurn === 0) setImmediate(beginTurn);
      sentThisTurn += 1;
      if (entry.state === 'waiting' && !sendOn(current, entry)) break;
    }
  }

  function beginTurn(): void {
    sentThisTurn = 0;
    if (waiting.size() > 0) pump();
  }

  async function openChannel(): Promise<void> {
    try {
      const channel = await (await connection.whenUp()).openConfirmChannel();
      const opened: PublishChannel = { channel, sent: new Set() };
      channel.raw.on('return', ({ fields, properties }) => noteReturn(opened, fields, properties.messageId));
      channel.lost.then(
        (reason) => failAll(opened, reason),
        () => undefined,
      );
      current = opened;
    } catch (error) {
      for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift())
        fail(entry, unavailable(messageOf(error)));
      becomeIdle();
    } finally {
      opening = undefined;
    }
    if (waiting.size() > 0) pump();
  }

  /** Whether the channel took it. */
  function sendOn(target: PublishChannel, entry: Entry): boolean {
    const { exchange, key, body, properties } = entry.publication;
    entry.state = 'sent';
    entry.sentAt = clock.monotonic();
    entry.since = entry.sentAt;
    target.sent.add(entry);
    try {
      target.channel.raw.publish(exchange, key, toBuffer(body), properties, (error: unknown) =>
        noteConfirm(target, entry, error),
      );
      return true;
    } catch (error) {
      target.sent.delete(entry);
      if (error instanceof TypeError || error instanceof RangeError) {
        fail(entry, error);
        return true;
      }
      // The channel closed a moment ago and has not said so yet: the next one takes it.
      entry.state = 'waiting';
      waiting.putBack(entry);
      return false;
    }
  }

  function noteConfirm(from: PublishChannel, entry: Entry, error: unknown): void {
    // A channel that closes fails all of its messages: why, is known in a moment.
    if (error instanceof Error && !isNack(error)) return;
    if (!from.sent.delete(entry)) return;
    lastConfirmAt = clock.monotonic();
    if (error instanceof Error) fail(entry, unavailable('the broker refused the message'));
    else if (entry.isReturned) {
      const { exchange, key } = entry.publication;
      fail(entry, new LeveretError('BROKER_UNROUTABLE', `nothing is bound to "${exchange}" for key ${key}`));
    } else {
      entry.state = 'confirmed';
      entry.caller?.resolve();
    }
    if (waiting.size() > 0) pump();
    else becomeIdle();
  }

  function failAll(gone: PublishChannel, reason: string): void {
    for (const entry of gone.sent)
      fail(entry, unavailable(`the broker was lost before it confirmed: ${reason}`));
    gone.sent.clear();
    if (current === gone) current = undefined;
    if (waiting.size() > 0) pump();
    else becomeIdle();
  }

  function isIdle(): boolean {
    return waiting.size() === 0 && (current === undefined || current.sent.size === 0);
  }

  function becomeIdle(): void {
    if (!isIdle()) return;
    for (const listener of idleListeners) listener();
    idleListeners.clear();
  }

  /** One timer for everything. */
  function watch(): void {
    cancelCheck ??= clock.schedule(CONFIRM_MS / 4, () => {
      cancelCheck = undefined;
      const now = clock.monotonic();
      const late = unavailable(`not confirmed within ${CONFIRM_MS / 1_000} s`);
      for (const entry of current?.sent ?? []) if (entry.since + CONFIRM_MS <= now) tellCaller(entry, late);
      for (let entry = waiting.peek(); entry !== undefined; entry = waiting.peek()) {
        if (Math.max(entry.since, lastConfirmAt) + CONFIRM_MS > now) break;
        waiting.shift();
        fail(entry, late);
      }
      if (current !== undefined) giveUpIfSilent(current, now);
      if (isIdle()) becomeIdle();
      else watch();
    });
  }

  function giveUpIfSilent(silent: PublishChannel, now: number): void {
    const oldest = silent.sent.values().next().value;
    // A blocked broker says nothing either, and comes back.
    if (oldest === undefined || connection.status().state === 'blocked') return;
    if (now - Math.max(lastConfirmAt, oldest.sentAt) < SILENCE_MS) return;
    logger.warn({ unconfirmed: silent.sent.size }, 'the broker confirms nothing: trying a new channel');
    failAll(silent, `nothing was confirmed for ${SILENCE_MS / 1_000} s`);
    silent.channel.close().catch(() => undefined);
  }

  return {
    send(publication) {
      const entry = toEntry(publication, clock.monotonic());
      const error = obstacle();
      if (error !== undefined) fail(entry, error);
      else {
        waiting.push(entry);
        pump();
      }
      return {
        confirmed: () => outcomeOf(entry, clock),
        hasFailed: () => entry.state === 'failed',
      };
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => idleListeners.add(resolve))),
  };
}

/** A returned message comes back before its confirm. */
function noteReturn(
  from: PublishChannel,
  { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
  messageId: unknown,
): void {
  for (const entry of from.sent) {
    const { exchange: to, key, properties } = entry.publication;
    if (entry.isReturned || to !== exchange || key !== routingKey || properties.messageId !== messageId)
      continue;
    entry.isReturned = true;
    return;
  }
}

function unavailable(reason: string): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', reason);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
