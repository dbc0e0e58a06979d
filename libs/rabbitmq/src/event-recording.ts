import {
  type Clock,
  type JobEvent,
  type Logger,
  messageOf,
  type Random,
  type Subscription,
  sleep,
} from '@leveret/core';
import type { ConsumeMessage } from './amqp.ts';
import type { Connection } from './connection.ts';
import { EVENTS_QUEUE } from './names.ts';
import { createSubscription, type Session } from './subscription.ts';
import type { Topology } from './topology.ts';

/** Messages of events fetched ahead. */
const PREFETCH = 200;
/** Pause after a batch that could not be recorded, in milliseconds. */
const RETRY_MS = 100;

/** What recording works with. */
export interface EventRecordingOptions {
  readonly onBatch: (events: readonly JobEvent[]) => Promise<void>;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Events on their way to a recorder. */
export interface EventRecording extends Subscription {
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Received {
  readonly raw: ConsumeMessage;
  readonly session: Session;
}

/** Creates a recording. The broker keeps one consumer of the queue active, however many there are. */
export function createEventRecording({ onBatch, ...options }: EventRecordingOptions): EventRecording {
  const { topology, clock, logger } = options;
  const stopping = new AbortController();
  let waiting: Received[] = [];
  let working: Promise<void> | undefined;
  const subscription = createSubscription({
    ...options,
    queueName: EVENTS_QUEUE,
    ensure: topology.ensureBase,
    prefetch: PREFETCH,
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
      const events = batch.flatMap(({ raw }) => parseEvents(raw));
      if (await record(events)) for (const { raw, session } of batch) session.ack(raw);
      else waiting = [...batch, ...waiting];
    }
  }

  async function record(events: readonly JobEvent[]): Promise<boolean> {
    try {
      if (events.length > 0) await onBatch(events);
      return true;
    } catch (error) {
      logger.warn(
        { eventCount: events.length, error: messageOf(error) },
        'events were not recorded: will try again',
      );
      await sleep(clock, RETRY_MS, stopping.signal);
      return false;
    }
  }

  function parseEvents({ content, properties }: ConsumeMessage): readonly JobEvent[] {
    try {
      const events: unknown = JSON.parse(content.toString());
      if (Array.isArray(events)) return events as readonly JobEvent[];
      throw new TypeError('not a list');
    } catch (error) {
      logger.error(
        { messageId: String(properties.messageId), error: messageOf(error) },
        'a message on the event queue is no list of events: passed over',
      );
      return [];
    }
  }

  async function stop(): Promise<void> {
    await subscription.stop();
    stopping.abort();
    await working;
    for (const { raw, session } of waiting.splice(0)) session.release(raw);
  }

  let stopped: Promise<void> | undefined;
  return {
    start: subscription.start,
    stop() {
      stopped ??= stop();
      return stopped;
    },
    close: subscription.close,
  };
}
