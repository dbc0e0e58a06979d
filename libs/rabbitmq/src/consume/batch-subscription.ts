import { messageOf, sleep } from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { Session } from './session.ts';
import { createSubscription, type ResilientSubscription, type SubscriptionOptions } from './subscription.ts';

/** Messages of one batch together have so many bytes: a batch ends with the one that passes it. */
const BATCH_BYTES = 262_144;
/** Pauses after a batch that failed, in milliseconds: doubling from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

/** What handing over batches works with. */
export interface BatchSubscriptionOptions extends Omit<SubscriptionOptions, 'onMessage'> {
  /** Given the messages again, perhaps with more of them, until it resolves. `isAgain`: the first of them were given before. */
  readonly onBatch: (messages: readonly RawDelivery[], isAgain: boolean) => Promise<void>;
  /** What the log says when it rejects. */
  readonly failedWords: string;
}

interface Received {
  readonly raw: RawDelivery;
  readonly session: Session;
}

/** Creates a subscription whose messages are handed over in batches, and acknowledged together. */
export function createBatchSubscription(options: BatchSubscriptionOptions): ResilientSubscription {
  const { onBatch, failedWords, clock, logger } = options;
  const stopping = new AbortController();
  let waiting: Received[] = [];
  let working: Promise<void> | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const subscription = createSubscription({
    ...options,
    onMessage(raw, session) {
      waiting.push({ raw, session });
      working ??= handOverAll().finally(() => {
        working = undefined;
      });
    },
  });

  async function handOverAll(): Promise<void> {
    let isAgain = false;
    while (waiting.length > 0 && !stopping.signal.aborted) {
      // What was fetched on a channel that is gone comes again on the next one.
      waiting = waiting.filter(({ session }) => session.isOpen());
      const batch = firstOf(waiting);
      const isDone = await handOver(batch, isAgain);
      isAgain = !isDone;
      if (!isDone) continue;
      waiting = waiting.slice(batch.length);
      for (const { raw, session } of batch) session.ack(raw.fields.deliveryTag);
    }
  }

  /** Whether the batch is dealt with. */
  async function handOver(batch: readonly Received[], isAgain: boolean): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      await onBatch(
        batch.map(({ raw }) => raw),
        isAgain,
      );
      pauseMs = FIRST_PAUSE_MS;
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
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
