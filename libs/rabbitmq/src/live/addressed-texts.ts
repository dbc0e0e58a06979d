import {
  type AddressedTexts,
  type Clock,
  LeveretError,
  type Logger,
  messageOf,
  newId,
  type Random,
  type Subscription,
  withDeadline,
} from '@leveret/core';
import { TRANSIENT } from '../codec/sending.ts';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Connection } from '../connection/connection.ts';
import { createSubscription, type ResilientSubscription } from '../consume/subscription.ts';
import type { Publisher } from '../publish/publisher.ts';
import { ADDRESS_ARGUMENTS, DEFAULT_EXCHANGE, type Names } from '../topology/names.ts';

/** How long a text may take to be confirmed, in milliseconds. */
const TELL_MS = 2_000;
/** Texts fetched ahead. */
const PREFETCH = 100;

/** What carrying texts works with. */
export interface AddressedTextsOptions {
  readonly connection: Connection;
  readonly publisher: Publisher;
  readonly names: Names;
  /** Starts a subscription, and closes it with the broker. */
  readonly start: (subscription: ResilientSubscription) => Promise<Subscription>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Carries texts by a queue for each address, which is there as long as a process consumes it: a text for an address at which nobody listens
 * comes back at once. Processes that listen at the same address share its queue.
 */
export function createAddressedTexts(options: AddressedTextsOptions): AddressedTexts {
  const { publisher, names, start, clock, random, logger, ...shared } = options;
  const encoder = new TextEncoder();

  return {
    async tell(address, text) {
      const sent = publisher.send({
        exchange: DEFAULT_EXCHANGE,
        routingKey: names.addressQueue(address),
        mandatory: true,
        body: encoder.encode(text),
        properties: {
          messageId: newId(clock, random),
          contentType: 'application/json',
          deliveryMode: TRANSIENT,
        },
      });
      const late = () =>
        new LeveretError('BROKER_UNAVAILABLE', 'the broker did not confirm a question in time');
      try {
        await withDeadline(clock, TELL_MS, sent, late);
        return true;
      } catch (error) {
        if (error instanceof LeveretError && error.code === 'BROKER_UNROUTABLE') return false;
        throw error;
      }
    },
    listen(address, onText) {
      const queueName = names.addressQueue(address);
      return start(
        createSubscription({
          ...shared,
          clock,
          random,
          logger,
          queueName,
          async ensure(connection) {
            await declareAddress(connection, queueName);
            return queueName;
          },
          forget: () => undefined,
          prefetch: PREFETCH,
          mayStandBy: false,
          onMessage(raw, session) {
            try {
              onText(raw.content.toString());
            } catch (error) {
              logger.warn(
                { address, error: messageOf(error) },
                'a message of the live channel cannot be read',
              );
            }
            session.ack(raw.fields.deliveryTag);
          },
        }),
      );
    },
  };
}

async function declareAddress(connection: AmqpConnection, queueName: string): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await channel.answer(
      `declaring ${queueName}`,
      channel.raw.assertQueue(queueName, { durable: true, autoDelete: true, arguments: ADDRESS_ARGUMENTS }),
    );
  } finally {
    await channel.close();
  }
}
