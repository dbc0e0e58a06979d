import {
  type Broker,
  type Clock,
  LeveretError,
  type Logger,
  type Random,
  silentLogger,
  sleep,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { createConnection } from './connection.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { createEventPublisher } from './event-publisher.ts';
import { createEventRecording, type EventRecording } from './event-recording.ts';
import { inspectQueues } from './inspect.ts';
import { createJobPublisher } from './job-publisher.ts';
import { createPublisher } from './publisher.ts';
import { createSettledMemory } from './settled-memory.ts';
import { createTopology } from './topology.ts';

/** What the broker works with. */
export interface RabbitmqBrokerOptions {
  /** `amqp://` or `amqps://` URLs of the nodes of one cluster, virtual host included; at least one. */
  readonly urls: readonly string[];
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/**
 * Connects to RabbitMQ 3.10 or later and declares what Leveret needs there. Later losses of the connection heal by themselves.
 * Messages and acknowledgements travel on connections of their own: a broker short of memory stops the one, not the other.
 *
 * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPOLOGY_MISMATCH`.
 */
export async function createRabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const { urls, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const publishing = createConnection({ urls, purpose: 'publishing', clock, random, logger });
  const consuming = createConnection({ urls, purpose: 'consuming', clock, random, logger });
  const topology = createTopology(consuming);
  const publisher = createPublisher(publishing, clock, logger);
  const jobs = createJobPublisher(publisher, topology);
  const events = createEventPublisher(publisher, topology, clock, random);
  const memory = createSettledMemory(clock);
  const consumers = new Set<Consumer>();
  const recordings = new Set<EventRecording>();
  let closing: Promise<void> | undefined;

  try {
    await Promise.all([publishing.open(), consuming.open()]);
    await topology.ensureBase();
  } catch (error) {
    await Promise.all([publishing.close(), consuming.close()]);
    throw error;
  }

  async function close(graceMs: number): Promise<void> {
    const subscriptions = [...consumers, ...recordings];
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    const inTime = new AbortController();
    const settled = Promise.all([...[...consumers].map((consumer) => consumer.settled()), publisher.idle()]);
    await Promise.race([settled.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await Promise.all([publishing.close(), consuming.close()]);
  }

  return {
    async publish(messages) {
      await Promise.all(messages.map(jobs.send));
    },
    emit: events.emit,
    async consume(queue, { prefetch, onDelivery }) {
      const shared = { connection: consuming, topology, jobs, events, memory, clock, random, logger };
      const consumer = createConsumer({ queue, prefetch, onDelivery, ...shared });
      consumers.add(consumer);
      await consumer.start();
      return consumer;
    },
    async recordEvents(onBatch) {
      const recording = createEventRecording({
        onBatch,
        connection: consuming,
        topology,
        clock,
        random,
        logger,
      });
      recordings.add(recording);
      await recording.start();
      return recording;
    },
    inspect(queues) {
      const connection = consuming.current();
      if (connection !== undefined) return inspectQueues(connection, queues);
      return Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'there is no connection to the broker'));
    },
    status: publishing.status,
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}
