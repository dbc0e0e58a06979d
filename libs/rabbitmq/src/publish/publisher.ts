import { type Cancel, type Clock, type ErrorCode, type Logger, messageOf, type Place } from '@leveret/core';
import { asResent } from '../codec/message-mapping.ts';
import { confirm, type Entry, fail, isOpen, type Publication, sizeOf } from '../codec/sending.ts';
import { isNack } from '../connection/amqp.ts';
import type { Connection } from '../connection/connection.ts';
import {
  countOnTheirWay,
  failAll,
  isFinished,
  openPublishChannel,
  type PublishChannel,
  publishOn,
  silenceOf,
  sizeOnTheirWay,
  takeOff,
} from './publish-channel.ts';
import { failUnsent, lostError, noWayError, obstacleOf, outcomeUnknown } from './publish-errors.ts';
import { createSendQueue } from './send-queue.ts';

/** Messages on their way at the same time; more wait here. RabbitMQ's throughput flattens at about this many. */
const WINDOW = 256;
/** Most that the bodies of messages on their way take together, in bytes; one may take more. */
const WINDOW_BYTES = 8_388_608;
/** Messages sent in one turn of the event loop: whatever else the process does gets its turn too. */
const PER_TURN = 64;
/** How often it is looked for what went wrong, in milliseconds. */
const CHECK_EVERY_MS = 250;
/** How long a message waits to be sent while there is no broker, in milliseconds. */
const STRANDED_MS = 2_000;
/** When no confirm at all comes for so long, in milliseconds, the channel is given up. */
const SILENCE_MS = 10_000;
/** Times that a message is sent before its sender has to decide: each of them may become a message of its own. */
const MAX_SENDS = 2;
/** Pause before what was refused is sent again, in milliseconds: a queue that refuses much does not cost a channel each time. */
const REFUSED_PAUSE_MS = 100;

/** Publishes with confirms. */
export interface Publisher {
  /**
   * Sends a message, in its turn. Resolves once it is durable and routed; rejects once it is known that it is not stored, or that this can never
   * be known, because the channel that carried it is lost: the error's `outcome` tells which. However long the broker takes, it waits. A
   * message that is refused, or on a channel that says nothing for 10 s, is sent once more as a copy, with the same id.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`, `BROKER_UNROUTABLE`, `BROKER_REFUSED`.
   * @throws {TypeError} or `RangeError` when its properties cannot be encoded.
   */
  send(publication: Publication): Promise<void>;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

/** Creates a publisher. Its channel is opened when first needed, and again after each loss. */
export function createPublisher(connection: Connection, clock: Clock, logger: Logger): Publisher {
  const waiting = createSendQueue();
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
  /** Channels in a row that said nothing. */
  let silentCount = 0;
  let sentThisTurn = 0;

  function hasWork(): boolean {
    return waiting.size() > 0 || again.length > 0;
  }

  function pump(): void {
    watch();
    if (current === undefined || !current.channel.isOpen()) {
      opening ??= openChannel();
      return;
    }
    let roomBytes = WINDOW_BYTES - sizeOnTheirWay(channels);
    for (let room = WINDOW - countOnTheirWay(channels); room > 0 && roomBytes > 0; room -= 1) {
      if (sentThisTurn >= PER_TURN) break;
      const entry = (cancelPause === undefined ? again.shift() : undefined) ?? waiting.shift();
      if (entry === undefined) break;
      roomBytes -= sizeOf(entry);
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
      failWaiting('BROKER_UNAVAILABLE', messageOf(error));
    } finally {
      opening = undefined;
    }
    if (hasWork()) pump();
  }

  /** There is no way to send what waits here. */
  function failWaiting(code: ErrorCode, words: string): void {
    for (const entry of again.splice(0)) failUnsent(entry, code, words);
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift())
      failUnsent(entry, code, words);
    becomeIdle();
  }

  /** Whether the channel took it. */
  function sendOn(target: PublishChannel, entry: Entry): boolean {
    entry.state = 'sent';
    entry.sentAt = clock.monotonic();
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
    if (!takeOff(from, place)) return;
    const entry = place.item;
    silentCount = 0;
    from.answeredAt = clock.monotonic();
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
    else confirm(entry);
  }

  /** A fresh channel may find another way to the queue. The old one ends what is on its way, undisturbed. */
  function noteRefusal(entry: Entry): void {
    sendAgain(entry, 'the broker refused the message twice');
    if (!isOpen(entry)) return;
    cancelPause ??= clock.schedule(REFUSED_PAUSE_MS, () => {
      cancelPause = undefined;
      current = undefined;
      pump();
    });
  }

  /** A refused message may be stored all the same: a cluster that lost its leader meanwhile does not know better. */
  function sendAgain(entry: Entry, words: string): void {
    if (entry.sendCount >= MAX_SENDS) return fail(entry, outcomeUnknown('BROKER_UNAVAILABLE', words));
    entry.publication = asResent(entry.publication);
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
    cancelCheck ??= clock.schedule(CHECK_EVERY_MS, () => {
      cancelCheck = undefined;
      const now = clock.monotonic();
      failStranded(now);
      // A blocked broker says nothing either, and comes back.
      if (connection.status().state !== 'blocked')
        for (const channel of [...channels]) giveUpIfSilent(channel, now);
      closeFinished();
      if (isIdle()) becomeIdle();
      else watch();
    });
  }

  /** What waits for its turn while there is no broker is told so after a while, and then never sent. */
  function failStranded(now: number): void {
    const { state } = connection.status();
    if (state === 'up') return;
    const code = state === 'blocked' ? 'BROKER_BLOCKED' : 'BROKER_UNAVAILABLE';
    const words = `there was no broker to send the message to for ${STRANDED_MS / 1_000} s`;
    for (let entry = waiting.peek(); entry !== undefined; entry = waiting.peek()) {
      if (entry.since + STRANDED_MS > now) break;
      waiting.shift();
      failUnsent(entry, code, words);
    }
    for (const entry of again.splice(0)) failUnsent(entry, code, words);
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
    for (const entry of channel.sent) if (isOpen(entry)) sendAgain(entry, reason);
    pump();
  }

  /** What was on its way is sent anew by its sender, on the next connection, perhaps to another node. */
  function giveUpConnection(amqp: PublishChannel['amqp'], reason: string): void {
    logger.warn({ reason }, 'the broker stays silent: trying a new connection');
    silentCount = 0;
    current = undefined;
    for (const channel of channels) failAll(channel, outcomeUnknown('BROKER_UNAVAILABLE', reason));
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
      return new Promise((resolve, reject) => {
        const since = clock.monotonic();
        const entry: Entry = {
          publication,
          state: 'waiting',
          since,
          sentAt: since,
          sendCount: 0,
          isReturned: false,
          resolve,
          reject,
        };
        const error = obstacleOf(connection.status(), waiting.isFull());
        if (error !== undefined) return fail(entry, error);
        waiting.push(entry);
        pump();
      });
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => idleListeners.add(resolve))),
  };
}
