import {
  type Broker,
  type Clock,
  DEFAULT_NAMESPACE,
  LeveretError,
  type Logger,
  type Random,
  requireQueueNames,
  type Subscription,
  sleep,
  systemClock,
  systemRandom,
  toLogger,
} from '@leveret/core';
import type { TlsOptions } from './connection/amqp.ts';
import { checkUrls } from './connection/broker-url.ts';
import { createConnection } from './connection/connection.ts';
import { createConsumer } from './consume/consumer.ts';
import { createSettlements } from './consume/settlements.ts';
import type { ResilientSubscription } from './consume/subscription.ts';
import { createDeadLetterTaking } from './dead-letters/dead-letter-taking.ts';
import { createUnroutableTaking } from './dead-letters/unroutable-taking.ts';
import { createEventRecording } from './events/event-recording.ts';
import { createLiveChannel } from './live/live-channel.ts';
import { createEventPublisher } from './publish/event-publisher.ts';
import { createJobPublisher } from './publish/job-publisher.ts';
import { createProducerPublisher } from './publish/producer-publisher.ts';
import { createPublisher } from './publish/publisher.ts';
import { inspectEvents, inspectQueues } from './topology/inspect.ts';
import { createNames } from './topology/names.ts';
import { createTopology } from './topology/topology.ts';

/** `Broker.name` of a broker on RabbitMQ. */
export const RABBITMQ_NAME = 'rabbitmq';
/** The most that AMQP can say. */
const MAX_PREFETCH = 65_535;

/** Priorities of consumers reach from its negative to it. */
const MAX_PRIORITY = 10;

/** What the broker works with. */
export interface RabbitmqBrokerOptions {
  /** `amqp://` or `amqps://` URLs of the nodes of one cluster, virtual host included; at least one. */
  readonly urls: readonly string[];
  /** For `amqps://`: whom to trust, and who this process is. */
  readonly tls?: TlsOptions;
  /**
   * What the names of all exchanges and queues begin with, `leveret` when absent: lower-case words of letters and digits joined by
   * hyphens, at most 100 characters. Applications with different namespaces share a virtual host and never touch each other's.
   */
  readonly namespace?: string;
  /**
   * Whole number from -10 to 10; 0 when absent. Of the processes that consume a queue of jobs, those of the highest are given them
   * as long as they have room, the others what is left: a standby has a lower one.
   */
  readonly consumerPriority?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/**
 * Connects to RabbitMQ 3.10 or later and declares what Leveret needs there. Later losses of the connection heal by themselves.
 * Messages and acknowledgements travel on connections of their own: a broker short of memory stops the one, not the other.
 *
 * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_REFUSED`, `TOPOLOGY_MISMATCH`.
 * @throws {TypeError} when there is no URL, or one is no AMQP URL; `RangeError` for a wrong priority or namespace.
 */
export async function createRabbitmqBroker(options: RabbitmqBrokerOptions): Promise<Broker> {
  const {
    urls,
    tls,
    namespace = DEFAULT_NAMESPACE,
    consumerPriority: priority = 0,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const logger = toLogger(options.logger);
  checkUrls(urls);
  const names = createNames(namespace);
  if (!Number.isInteger(priority) || Math.abs(priority) > MAX_PRIORITY)
    throw new RangeError(
      `consumerPriority must be a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, not ${priority}`,
    );
  const publishing = createConnection({ urls, tls, purpose: 'publishing', clock, random, logger });
  const consuming = createConnection({ urls, tls, purpose: 'consuming', clock, random, logger });
  const topology = createTopology(clock, names);
  const publisher = createPublisher(publishing, clock, logger);
  const jobs = createJobPublisher({ publisher, topology, names, connection: publishing, clock });
  const events = createEventPublisher({ publisher, topology, names, connection: publishing, clock, random });
  const settlements = createSettlements({ jobs, events, clock });
  const shared = { connection: consuming, topology, names, clock, random, logger };
  const subscriptions = new Set<ResilientSubscription>();
  let closing: Promise<void> | undefined;

  try {
    await Promise.all([publishing.open(), consuming.open()]);
    await topology.ensureBase(consuming.current());
  } catch (error) {
    await Promise.all([publishing.close(), consuming.close()]);
    throw error;
  }

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw new LeveretError('BROKER_UNAVAILABLE', 'the broker is closed');
  }

  async function start(subscription: ResilientSubscription): Promise<Subscription> {
    refuseWhenClosed();
    subscriptions.add(subscription);
    const forget = () => subscriptions.delete(subscription);
    subscription.drained.then(forget, forget);
    await subscription.start();
    return subscription;
  }

  /** It goes on trying, and logs why, until it is stopped: that alone makes it reject. */
  function keepTaking(taking: ResilientSubscription): Subscription {
    refuseWhenClosed();
    start(taking).catch(() => undefined);
    return taking;
  }

  async function close(graceMs: number): Promise<void> {
    const open = [...subscriptions];
    const inTime = new AbortController();
    const settled = Promise.all([
      ...open.map((subscription) => subscription.stop()),
      settlements.idle(),
      publisher.idle(),
    ]);
    await Promise.race([settled.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    await Promise.all(open.map((subscription) => subscription.close()));
    await Promise.all([publishing.close(), consuming.close()]);
  }

  return {
    name: RABBITMQ_NAME,
    publish: createProducerPublisher(jobs).publish,
    async declare(queues) {
      requireQueueNames(queues);
      for (const queue of queues) await topology.declareQueue(publishing.current(), queue);
    },
    emit: (told) => events.emit(told).confirmed(),
    async consume(queue, { prefetch, onDelivery }) {
      if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > MAX_PREFETCH)
        throw new RangeError(`prefetch must be a whole number from 1 to ${MAX_PREFETCH}, not ${prefetch}`);
      return await start(
        createConsumer({ ...shared, queue, prefetch, priority, onDelivery, jobs, settlements }),
      );
    },
    recordEvents: (onBatch, options = {}) => start(createEventRecording({ ...shared, ...options, onBatch })),
    async takeDeadLetters(queue, onBatch, options = {}) {
      return keepTaking(createDeadLetterTaking({ ...shared, ...options, queue, onBatch }));
    },
    async takeUnroutable(onBatch, options = {}) {
      return keepTaking(createUnroutableTaking({ ...shared, ...options, onBatch }));
    },
    live: createLiveChannel({ ...shared, publisher, publishing, start }),
    async inspect(queues) {
      const connection = consuming.current();
      if (connection !== undefined) return await inspectQueues(connection, names, queues);
      throw new LeveretError('BROKER_UNAVAILABLE', 'there is no connection to the broker');
    },
    async inspectEvents() {
      const connection = consuming.current();
      if (connection !== undefined) return await inspectEvents(connection, names);
      throw new LeveretError('BROKER_UNAVAILABLE', 'there is no connection to the broker');
    },
    status: publishing.status,
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}
