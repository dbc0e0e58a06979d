import { type Clock, type JobEvent, type Logger, messageOf, newId, type Random, sleep } from '@leveret/core';
import type { Connection } from './connection.ts';
import type { RawDelivery } from './delivery-reader.ts';
import { readEvents } from './event-shape.ts';
import { createEventWriter } from './event-writer.ts';
import { claimLedger } from './ledger-claim.ts';
import type { Names } from './names.ts';
import { createPassage } from './passage.ts';
import type { Publisher } from './publisher.ts';
import { PERSISTENT } from './sending.ts';
import type { Session } from './session.ts';
import { createSubscription, type ResilientSubscription } from './subscription.ts';
import type { Topology } from './topology.ts';

/** Messages of events fetched ahead. */
const PREFETCH = 200;
/** Pause before something is set aside once more, in milliseconds. */
const SET_ASIDE_RETRY_MS = 1_000;

/** What recording works with. */
export interface EventRecordingOptions {
  readonly onBatch: (events: readonly JobEvent[]) => Promise<void>;
  /** The ledger that they are recorded in; no other one may record them then. */
  readonly ledgerId?: string;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly names: Names;
  /** For what cannot be recorded: it is kept. */
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Received {
  readonly raw: RawDelivery;
  readonly session: Session;
}

/**
 * Creates a recording. The broker keeps one consumer of the queue active, however many there are. What is no event, and what
 * cannot be recorded although other events can, goes to the queue of what has nowhere to go.
 */
export function createEventRecording({ onBatch, ...options }: EventRecordingOptions): ResilientSubscription {
  const { ledgerId, topology, names, publisher, clock, random, logger } = options;
  const stopping = new AbortController();
  const writer = createEventWriter({ onBatch, clock, logger, signal: stopping.signal });
  let waiting: Received[] = [];
  let working: Promise<void> | undefined;
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
      const batch = waiting.filter(({ session }) => session.isOpen());
      waiting = [];
      if (await record(batch)) for (const { raw, session } of batch) session.ack(raw.fields.deliveryTag);
      else waiting = [...batch, ...waiting];
    }
  }

  /** Whether everything in the batch is recorded or set aside. */
  async function record(batch: readonly Received[]): Promise<boolean> {
    const contents = batch.map(({ raw }) => ({ raw, ...readEvents(raw.content) }));
    const failed = await writer.write(contents.flatMap(({ events }) => events));
    if (failed === undefined) return false;
    const unfit = contents.filter(({ defect }) => defect !== undefined);
    for (const { raw, defect } of unfit) {
      const messageId = String(raw.properties.messageId);
      logger.error({ messageId, defect }, 'a message on the event queue cannot be read: set aside');
      if (!(await setAside(raw.content))) return false;
    }
    for (const event of failed) {
      const { jobId, type } = event;
      logger.error({ jobId, type }, 'an event cannot be recorded: set aside');
      if (!(await setAside(Buffer.from(JSON.stringify([event]))))) return false;
    }
    return true;
  }

  /** Whether it is kept elsewhere now: until then, it stays where it is. */
  async function setAside(body: Buffer): Promise<boolean> {
    const messageId = newId(clock, random);
    const passage = createPassage({
      publisher,
      prepare: () => ({
        exchange: names.unroutable,
        routingKey: names.eventsQueue,
        mandatory: true,
        body,
        properties: { messageId, contentType: 'application/json', deliveryMode: PERSISTENT },
      }),
      repair: () => topology.repair(options.connection),
    });
    try {
      await passage.confirmed();
      return true;
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'nothing can be set aside: will try again');
      await sleep(clock, SET_ASIDE_RETRY_MS, stopping.signal);
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
