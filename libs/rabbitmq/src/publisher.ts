import { type Cancel, type Clock, LeveretError, type Logger, messageOf, type Place } from '@leveret/core';
import { isNack } from './amqp.ts';
import { unavailable } from './amqp-errors.ts';
import type { Connection } from './connection.ts';
import { createFifo } from './fifo.ts';
import { DEFAULT_EXCHANGE } from './names.ts';
import {
  countOnTheirWay,
  failAll,
  isFinished,
  lostError,
  openPublishChannel,
  type PublishChannel,
  publishOn,
  silenceOf,
} from './publish-channel.ts';
import {
  type Entry,
  fail,
  isOpen,
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
/** Times that a message is sent before its sender has to decide: each of them may become a message of its own. */
const MAX_SENDS = 2;
/** Pause before what was refused is sent again, in milliseconds: a queue that refuses much does not cost a channel each time. */
const REFUSED_PAUSE_MS = 100;

/** Publishes with confirms. */
export interface Publisher {
  /**
   * Sends a message. Its caller waits up to 2 s from the moment it goes out; as long as the broker confirms what went before, it
   * may wait its turn for longer. A message that is refused, or on a channel that says nothing for 10 s, is sent once more, with the
   * same id.
   */
  send(publication: Publication): Sending;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

/** Creates a publisher. Its channel is opened when first needed, and again after each loss. */
export function createPublisher(connection: Connection, clock: Clock, logger: Logger): Publisher {
  const waiting = createFifo<Entry>();
  /** What was sent before and is to be sent again: it goes first. */
  const again: Entry[] = [];
  /** The current one, and those that wait for the end of what is on its way on them. */
  const channels = new Set<PublishChannel>();
  const idleListeners = new Set<() => void>();
  let current: PublishChannel | undefined;
  let opening: Promise<void> | undefined;
  let givingUp: Promise<unknown> | undefined;
  let cancelCheck: Cancel | undefined;
  let cancelPause: Cancel | undefined;
  let lastAnswerAt = Number.NEGATIVE_INFINITY;
  /** Channels in a row that said nothing. */
  let silentCount = 0;
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

  function hasWork(): boolean {
    return waiting.size() > 0 || again.length > 0;
  }

  function pump(): void {
    watch();
    if (current === undefined || !current.channel.isOpen()) {
      opening ??= openChannel();
      return;
    }
    for (let room = WINDOW - countOnTheirWay(channels); room > 0 && sentThisTurn < PER_TURN; room -= 1) {
      const entry = (cancelPause === undefined ? again.shift() : undefined) ?? waiting.shift();
      if (entry === undefined) break;
      if (sentThisTurn === 0) setImmediate(beginTurn);
      sentThisTurn += 1;
      if (entry.state === 'waiting' && !sendOn(current, entry)) break;
    }
  }

  function beginTurn(): void {
    sentThisTurn = 0;
    if (hasWork()) pump();
  }

  async function openChannel(): Promise<void> {
    try {
      await givingUp;
      const amqp = await connection.whenUp();
      const opened = await openPublishChannel(amqp).catch((error: unknown) => {
        // A broker that opens no channel is as silent as one that confirms nothing.
        if (silentCount > 0) giveUpConnection(amqp, messageOf(error));
        throw error;
      });
      opened.channel.lost.then(
        (reason) => noteLost(opened, reason),
        () => undefined,
      );
      channels.add(opened);
      current = opened;
    } catch (error) {
      failWaiting(unavailable(messageOf(error)));
    } finally {
      opening = undefined;
    }
    if (hasWork()) pump();
  }

  function failWaiting(error: LeveretError): void {
    for (const entry of again.splice(0)) if (isOpen(entry)) fail(entry, error);
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) fail(entry, error);
    becomeIdle();
  }

  /** Whether the channel took it. */
  function sendOn(target: PublishChannel, entry: Entry): boolean {
    entry.state = 'sent';
    entry.sentAt = clock.monotonic();
    // Whoever waits since it was first sent waits no longer because it is sent again.
    if (entry.sendCount === 0) entry.since = entry.sentAt;
    try {
      publishOn(target, entry, noteAnswer);
      entry.sendCount += 1;
      return true;
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) {
        fail(entry, error);
        return true;
      }
      // The channel closed a moment ago and has not said so yet: the next one takes it.
      entry.state = 'waiting';
      again.unshift(entry);
      return false;
    }
  }

  function noteAnswer(from: PublishChannel, place: Place<Entry>, error: unknown): void {
    // A channel that closes fails all of its messages: why, is known in a moment.
    if (error instanceof Error && !isNack(error)) return;
    if (!from.sent.remove(place)) return;
    const entry = place.item;
    silentCount = 0;
    lastAnswerAt = clock.monotonic();
    from.answeredAt = lastAnswerAt;
    // It may have been sent twice, and be confirmed already.
    if (isOpen(entry)) {
      if (!(error instanceof Error)) noteConfirm(entry);
      else if (!from.isSilent) noteRefusal(entry);
    }
    if (hasWork()) pump();
    else becomeIdle();
  }

  function noteConfirm(entry: Entry): void {
    if (entry.isReturned) fail(entry, noWayError(entry.publication));
    else {
      entry.state = 'confirmed';
      entry.caller?.resolve();
    }
  }

  /** A fresh channel may find another way to the queue. The old one ends what is on its way, undisturbed. */
  function noteRefusal(entry: Entry): void {
    sendAgain(entry, unavailable('the broker refused the message, and refused it again'));
    if (!isOpen(entry)) return;
    cancelPause ??= clock.schedule(REFUSED_PAUSE_MS, () => {
      cancelPause = undefined;
      current = undefined;
      pump();
    });
  }

  function sendAgain(entry: Entry, error: LeveretError): void {
    if (entry.sendCount >= MAX_SENDS) return fail(entry, error);
    entry.state = 'waiting';
    again.push(entry);
  }

  function noteLost(gone: PublishChannel, reason: string): void {
    channels.delete(gone);
    if (current === gone) current = undefined;
    failAll(gone, lostError(reason));
    if (hasWork()) pump();
    else becomeIdle();
  }

  function isIdle(): boolean {
    return !hasWork() && countOnTheirWay(channels) === 0;
  }

  function becomeIdle(): void {
    if (!isIdle()) return;
    for (const listener of idleListeners) listener();
    idleListeners.clear();
  }

  /** One timer for everything. */
  function watch(): void {
    cancelCheck ??= clock.schedule(CONFIRM_MS / 8, () => {
      cancelCheck = undefined;
      const now = clock.monotonic();
      tellLate(now);
      // A blocked broker says nothing either, and comes back.
      if (connection.status().state !== 'blocked')
        for (const channel of [...channels]) giveUpIfSilent(channel, now);
      closeFinished();
      if (isIdle()) becomeIdle();
      else watch();
    });
  }

  function tellLate(now: number): void {
    const late = unavailable(`not confirmed within ${CONFIRM_MS / 1_000} s`);
    const isLate = (entry: Entry) => entry.since + CONFIRM_MS <= now;
    for (const { sent } of channels) for (const entry of sent) if (isLate(entry)) tellCaller(entry, late);
    for (const entry of again) if (isLate(entry)) tellCaller(entry, late);
    for (let entry = waiting.peek(); entry !== undefined; entry = waiting.peek()) {
      if (Math.max(entry.since, lastAnswerAt) + CONFIRM_MS > now) break;
      waiting.shift();
      fail(entry, late);
    }
  }

  function giveUpIfSilent(channel: PublishChannel, now: number): void {
    if (channel.isSilent || silenceOf(channel, now) < SILENCE_MS) return;
    const reason = `nothing was confirmed for ${SILENCE_MS / 1_000} s`;
    const unconfirmed = channel.sent.size();
    silentCount += 1;
    if (silentCount > 1) return giveUpConnection(channel.amqp, reason);
    logger.warn({ unconfirmed }, 'the broker confirms nothing: trying a new channel');
    channel.isSilent = true;
    if (current === channel) current = undefined;
    for (const entry of channel.sent) if (isOpen(entry)) sendAgain(entry, unavailable(reason));
    pump();
  }

  /** What was on its way is sent anew by its sender, on the next connection, perhaps to another node. */
  function giveUpConnection(amqp: PublishChannel['amqp'], reason: string): void {
    logger.warn({ reason }, 'the broker stays silent: trying a new connection');
    silentCount = 0;
    current = undefined;
    for (const channel of channels) failAll(channel, unavailable(reason));
    channels.clear();
    givingUp = amqp.close(reason).then(() => amqp.lost);
  }

  function closeFinished(): void {
    for (const channel of channels) {
      if (channel === current || !isFinished(channel)) continue;
      channels.delete(channel);
      channel.channel.close().catch(() => undefined);
    }
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

function noWayError({ exchange, routingKey }: Publication): LeveretError {
  const words =
    exchange === DEFAULT_EXCHANGE
      ? `there is no queue ${routingKey}`
      : `nothing is bound to "${exchange}" for key ${routingKey}`;
  return new LeveretError('BROKER_UNROUTABLE', words);
}
