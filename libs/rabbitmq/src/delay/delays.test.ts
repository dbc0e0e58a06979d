import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { consumeInto, makeMessage, openTestBroker, publishOne } from '../../fixtures/test-broker.ts';
import { LONGEST_PASS_MS } from './wheel.ts';

const TEN_YEARS_MS = 315_360_000_000;

describe.skipIf(!hasRabbitmq())('a delay', () => {
  test('of ten years goes into the highest slot and carries what is left of it after the first pass', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);

    await broker.publish([{ message: makeMessage('work'), delayMs: TEN_YEARS_MS }]);

    const got = await raw.get('leveret.delay.14.3');
    expect(got === false ? undefined : got.properties.headers).toMatchObject({
      'leveret-delay-left-ms': TEN_YEARS_MS - LONGEST_PASS_MS,
    });
  });

  test('of which something is left after a pass goes through the wheel once more', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const inbox = await consumeInto(broker, 'work');
    const { id } = makeMessage('work');
    const headers = { 'leveret-version': 1, 'leveret-attempt': 1, 'leveret-delay-left-ms': 1_300 };
    const sentAt = performance.now();

    raw.publish('leveret.jobs', 'work.normal.a.b', Buffer.from('1'), { messageId: id, type: 'a.b', headers });
    const { message, origin } = await inbox.next();

    expect({ id: message.id, origin }).toEqual({ id, origin: 'first' });
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(1_300);
    expect(inbox.size()).toBe(0);
  });

  test('is rounded for a retry and exact for a producer', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    const inbox = await consumeInto(broker, 'work');
    const { message, settle } = await inbox.next();
    const delayMs = (2 ** 20 - 1) * 100;

    await broker.publish([{ message: makeMessage('work'), delayMs }]);
    await settle({ successor: { kind: 'requeue', message, delayMs }, events: [] });

    const slots = ['leveret.delay.9.3', 'leveret.delay.10.1'];
    expect(await Promise.all(slots.map(async (slot) => (await raw.checkQueue(slot)).messageCount))).toEqual([
      1, 1,
    ]);
  });
});
