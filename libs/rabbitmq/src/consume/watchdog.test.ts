import { silentLogger, systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import { type AmqpChannel, connectAmqp } from '../connection/amqp.ts';
import { createSubscription } from './subscription.ts';

/** How often the watchdog looks, in milliseconds. */
const LOOK_MS = 2_000;

describe.skipIf(!hasRabbitmq())('a consumer that is gone without a word', () => {
  test('is noticed, and its queue is consumed again', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.assertQueue('q', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const amqp = await connectAmqp(vhost.amqpUrl, { name: 'watchdog', clock: systemClock });
    const consumers: { readonly channel: AmqpChannel; readonly tag: string }[] = [];
    const openChannel = async () => {
      const channel = await amqp.openChannel();
      const consume = channel.raw.consume.bind(channel.raw);
      channel.raw.consume = async (...args) => {
        const answer = await consume(...args);
        consumers.push({ channel, tag: answer.consumerTag });
        return answer;
      };
      return channel;
    };
    const clock = createManualClock();
    const inbox = createInbox<RawDelivery>();
    const subscription = createSubscription({
      connection: { whenUp: () => Promise.resolve({ ...amqp, openChannel }) },
      queueName: 'q',
      ensure: () => Promise.resolve('q'),
      forget: () => undefined,
      prefetch: 5,
      mayStandBy: false,
      onMessage(message, session) {
        session.ack(message.fields.deliveryTag);
        inbox.put(message);
      },
      clock,
      random: () => 0,
      logger: silentLogger,
    });
    await subscription.start();
    // As if the broker had forgotten it: nobody tells the subscription.
    for (const { channel, tag } of consumers) await channel.raw.cancel(tag);
    raw.sendToQueue('q', Buffer.from('1'));

    await expect
      .poll(async () => {
        await clock.advance(LOOK_MS);
        return inbox.size();
      })
      .toBe(1);

    expect(consumers).toHaveLength(2);
    await subscription.close();
    await amqp.close();
  });
});
