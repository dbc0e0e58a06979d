import {
  type Broker,
  type Clock,
  type JobEvent,
  type Logger,
  messageOf,
  type OutgoingMessage,
  type Subscription,
  silentLogger,
  sleep,
  systemClock,
} from '@leveret/core';
import { asBrokerFailure } from './broker-failure.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import type { SqliteDatabase } from './database.ts';
import { type EventRecording, startEventRecording } from './event-recording.ts';
import { createPoller } from './poller.ts';

/** What the broker works with. */
export interface SqliteBrokerOptions {
  /** Stays open when the broker is closed. */
  readonly database: SqliteDatabase;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * A broker kept in a SQLite file, for the processes of one machine. Successor, events and acknowledgement of a settlement are
 * one transaction; what a process held is taken over within 100 ms when the process is gone.
 */
export function createSqliteBroker({
  database,
  clock = systemClock,
  logger = silentLogger,
}: SqliteBrokerOptions): Broker {
  const poller = createPoller(database, clock, logger);
  const consumers = new Set<Consumer>();
  const recordings = new Set<EventRecording>();
  let recordingCount = 0;
  let closing: Promise<void> | undefined;

  /** Consumers of this process need not wait until the poll finds what this process has left for them. */
  function wakeQueue(queue: string): void {
    for (const consumer of consumers) if (consumer.queue === queue) consumer.look();
  }

  function wakeRecordings(): void {
    for (const recording of recordings) recording.look();
  }

  async function publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await unlessBroken(database.call('publish', messages, clock.now()));
    for (const queue of new Set(messages.map(({ message }) => message.queue))) wakeQueue(queue);
  }

  async function emit(events: readonly JobEvent[]): Promise<void> {
    if (events.length === 0) return;
    await unlessBroken(database.call('emit', JSON.stringify(events)));
    wakeRecordings();
  }

  async function close(graceMs: number): Promise<void> {
    await Promise.all([...consumers, ...recordings].map((subscription) => subscription.stop()));
    const inTime = new AbortController();
    const settled = Promise.all([...consumers].map((consumer) => consumer.settled()));
    await Promise.race([settled.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    poller.close();
    try {
      await Promise.all([...consumers].map((consumer) => consumer.releaseAll()));
    } catch (error) {
      logger.warn(
        { error: messageOf(error) },
        'could not give back unsettled jobs: others take them over when this process ends',
      );
    }
  }

  return {
    publish,
    emit,
    async consume(queue, { prefetch, onDelivery }) {
      const onChange = (change: { readonly queue: string; readonly hasEvents: boolean }) => {
        wakeQueue(change.queue);
        if (change.hasEvents) wakeRecordings();
      };
      const consumer = createConsumer({
        queue,
        prefetch,
        onDelivery,
        database,
        poller,
        clock,
        logger,
        onChange,
      });
      for (const other of consumers) if (other.isDone()) consumers.delete(other);
      consumers.add(consumer);
      return consumer;
    },
    async recordEvents(onBatch): Promise<Subscription> {
      recordingCount += 1;
      const recording = startEventRecording({
        holder: recordingCount,
        onBatch,
        database,
        poller,
        clock,
        logger,
      });
      recordings.add(recording);
      return recording;
    },
    inspect: (queues) => unlessBroken(database.call('inspect', queues, clock.now())),
    status() {
      const reason = database.trouble();
      return reason === undefined ? { state: 'up' } : { state: 'down', reason };
    },
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

async function unlessBroken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw asBrokerFailure(cause);
  }
}
