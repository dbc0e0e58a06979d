import { type Clock, type Listener, type Logger, messageOf, type Random } from '@leveret/core';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Connection } from '../connection/connection.ts';
import { createSubscription, type ResilientSubscription } from '../consume/subscription.ts';
import { LISTENER_ARGUMENTS } from '../topology/names.ts';

/** Messages fetched ahead. */
const PREFETCH = 100;

/** What a listener works with. */
export interface LiveListeningOptions<T> {
  /** What is listened to; it is there when `ensure` has resolved. */
  readonly exchange: string;
  readonly ensure: (connection: AmqpConnection) => Promise<void>;
  /** The exchange was not there after all. */
  readonly forget: () => void;
  readonly listener: Listener<T>;
  /** Undefined when the message has nothing for the listener. */
  readonly parse: (body: Buffer) => T | undefined;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Listens by a queue of its own, which is the connection's and goes away with its consumer. Each time it is another one, named
 * by the broker: one that a lost connection has left can be locked until the broker knows that it is lost.
 */
export function createLiveListening<T>(options: LiveListeningOptions<T>): ResilientSubscription {
  const { exchange, ensure, forget, listener, parse, logger, ...shared } = options;
  let hasStarted = false;
  const subscription = createSubscription({
    ...shared,
    logger,
    queueName: `listener of ${exchange}`,
    async ensure(connection) {
      await ensure(connection);
      const queueName = await declareListenerQueue(connection, exchange);
      // Only now, when everything new is kept for it: what the listener looks up is not older than what it receives next.
      if (hasStarted) guarded(listener.onGap);
      return queueName;
    },
    forget,
    prefetch: PREFETCH,
    mayStandBy: false,
    onMessage(raw, session) {
      const received = parse(raw.content);
      if (received !== undefined) guarded(() => listener.onReceived(received));
      session.ack(raw.fields.deliveryTag);
    },
  });

  function guarded(notify: () => void): void {
    try {
      notify();
    } catch (error) {
      logger.error({ exchange, error: messageOf(error) }, 'a listener has failed: it receives the next item');
    }
  }

  return {
    ...subscription,
    async start() {
      await subscription.start();
      hasStarted = true;
    },
  };
}

async function declareListenerQueue(connection: AmqpConnection, exchange: string): Promise<string> {
  const channel = await connection.openChannel();
  try {
    const { queue } = await channel.answer(
      `declaring a listener's queue`,
      channel.raw.assertQueue('', {
        exclusive: true,
        durable: false,
        autoDelete: true,
        arguments: LISTENER_ARGUMENTS,
      }),
    );
    await channel.answer(`binding a listener's queue`, channel.raw.bindQueue(queue, exchange, '#'));
    return queue;
  } finally {
    await channel.close();
  }
}
