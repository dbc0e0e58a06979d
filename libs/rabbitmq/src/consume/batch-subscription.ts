import { messageOf, sleep } from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { Session } from './session.ts';
import { createSubscription, type ResilientSubscription, type SubscriptionOptions } from './subscription.ts';

/** Messages of one batch together have so many bytes: a batch ends with the one that passes it. */
const BATCH_BYTES = 262_144;
/** So many messages are a batch at once: fewer wait for others, if they may. */
const ENOUGH_MESSAGES = 50;
/** Pauses after a batch that failed, in milliseconds: doubling from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

/** A message of a batch. */
export interface BatchMessage {
  readonly raw: RawDelivery;
  /** Whether it was in a batch before, on the same channel. */
  readonly isAgain: boolean;
}

/** What handing over batches works with. */
export interface BatchSubscriptionOptions extends Omit<SubscriptionOptions, 'onMessage'> {
  /** Given the messages again, perhaps with more of them, until it resolves. */
  readonly onBatch: (messages: readonly BatchMessage[]) => Promise<void>;
  /** How long a small batch waits for more messages, in milliseconds; 0 when left out. */
  readonly gatherMs?: number;
  /** What the log says when it rejects. */
  readonly failedWords: string;
}

interface Received extends BatchMessage {
  readonly session: Session;
  isAgain: boolean;
}

/** Creates a subscription whose messages are handed over in batches, and acknowledged together. */
export function createBatchSubscription(options: BatchSubscriptionOptions): ResilientSubscription {
  const { onBatch, gatherMs = 0, failedWords, clock, logger } = options;
  const stopping = new AbortController();
  let waiting: Received[] = [];
  let working: Promise<void> | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const subscription = createSubscription({
    ...options,
    onMessage(raw, session) {
      waiting.push({ raw, session, isAgain: false });
      working ??= handOverAll().finally(() => {
        working = undefined;
      });
    },
  });

  async function handOverAll(): Promise<void> {
    while (waiting.length > 0 && !stopping.signal.aborted) {
      if (gatherMs > 0 && waiting.length < ENOUGH_MESSAGES) await sleep(clock, gatherMs, stopping.signal);
      if (stopping.signal.aborted) return;
      // What was fetched on a channel that is gone comes again on the next one.
      waiting = waiting.filter(({ session }) => session.isOpen());
      const batch = firstOf(waiting);
      if (!(await handOver(batch))) continue;
      waiting = waiting.slice(batch.length);
      for (const { raw, session } of batch) session.ack(raw.fields.deliveryTag);
    }
  }

  /** Whether the batch is dealt with. */
  async function handOver(batch: readonly Received[]): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      await onBatch(batch);
      pauseMs = FIRST_PAUSE_MS;
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      for (const message of batch) message.isAgain = true;
      logger.warn({ queue: options.queueName, error: messageOf(error) }, failedWords);
      await sleep(clock, pauseMs, stopping.signal);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      return false;
    }
  }

  /** First the batch at hand, then the consumer: of consumers of which one is active, the next begins when this one has ended. */
  async function stop(): Promise<void> {
    stopping.abort();
    await working;
    await subscription.stop();
    for (const { raw, session } of waiting.splice(0)) session.release(raw.fields.deliveryTag);
  }

  let stopped: Promise<void> | undefined;
  return {
    ...subscription,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** As many as one batch takes. */
function firstOf(waiting: readonly Received[]): readonly Received[] {
  let sizeBytes = 0;
  const end = waiting.findIndex(({ raw }) => {
    sizeBytes += raw.content.byteLength;
    return sizeBytes >= BATCH_BYTES;
  });
  return waiting.slice(0, end < 0 ? waiting.length : end + 1);
}
