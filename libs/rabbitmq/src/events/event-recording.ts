import { type Clock, type Logger, messageOf, type Random, readEventList, sleep } from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { Connection } from '../connection/connection.ts';
import type { Session } from '../consume/session.ts';
import { createSubscription, type ResilientSubscription } from '../consume/subscription.ts';
import type { Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { claimLedger } from './ledger-claim.ts';

/** Messages of events fetched ahead. */
const PREFETCH = 200;
/** Messages of one batch together have so many bytes: a batch ends with the one that passes it. */
const BATCH_BYTES = 262_144;
/** Pauses after a batch that was not recorded, in milliseconds: doubling from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

/** What recording works with. */
export interface EventRecordingOptions {
  readonly onBatch: (entries: readonly unknown[]) => Promise<void>;
  /** The ledger that they are recorded in; no other one may record them then. */
  readonly ledgerId?: string;
  /** See `RecordOptions` of the core. */
  readonly onRefused?: (reason: string | undefined) => void;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Received {
  readonly raw: RawDelivery;
  readonly session: Session;
}

/** Creates a recording. The broker keeps one consumer of the queue active, however many there are. */
export function createEventRecording({ onBatch, ...options }: EventRecordingOptions): ResilientSubscription {
  const { ledgerId, topology, names, clock, logger } = options;
  const stopping = new AbortController();
  let waiting: Received[] = [];
  let working: Promise<void> | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const subscription = createSubscription({
    ...options,
    queueName: names.eventsQueue,
    async ensure(amqp) {
      await topology.ensureBase(amqp);
      if (ledgerId !== undefined) await claimLedger(amqp, names, ledgerId);
      return names.eventsQueue;
    },
    forget: topology.forget,
    prefetch: PREFETCH,
    mayStandBy: true,
    onMessage(raw, session) {
      waiting.push({ raw, session });
      working ??= recordAll().finally(() => {
        working = undefined;
      });
    },
  });

  async function recordAll(): Promise<void> {
    while (waiting.length > 0 && !stopping.signal.aborted) {
      // What was fetched on a channel that is gone comes again on the next one.
      waiting = waiting.filter(({ session }) => session.isOpen());
      const batch = firstOf(waiting);
      if (!(await record(batch))) continue;
      waiting = waiting.slice(batch.length);
      for (const { raw, session } of batch) session.ack(raw.fields.deliveryTag);
    }
  }

  /** Whether the batch is recorded. */
  async function record(batch: readonly Received[]): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      await onBatch(batch.flatMap(({ raw }) => readEventList(raw.content.toString())));
      pauseMs = FIRST_PAUSE_MS;
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      logger.warn({ error: messageOf(error) }, 'events were not recorded: will try again');
      await sleep(clock, pauseMs, stopping.signal);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      return false;
    }
  }

  /** First the batch at hand, then the consumer: the next recorder begins when this one has ended. */
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
