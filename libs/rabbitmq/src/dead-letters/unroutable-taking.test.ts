import { type Broker, type Clock, systemClock, type UnroutableMessage } from '@leveret/core';
import { createInbox, sampleMessage } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { openTestBroker } from '../../fixtures/test-broker.ts';
import { createRabbitmqBroker } from '../broker.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const JOB = { messageId: ID, type: 'mail.send' };
const LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1e';
const OTHER_LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1f';
const REASON = 'RabbitMQ could not route it: a queue or a binding was missing';

/** A clock whose minutes are short. */
const hasty: Clock = {
  ...systemClock,
  schedule: (ms, run) => systemClock.schedule(ms === 60_000 ? 20 : ms, run),
};

async function takeInto(broker: Broker, ledgerId?: string) {
  const messages = createInbox<UnroutableMessage>();
  const onBatch = async (batch: readonly UnroutableMessage[]) => batch.forEach(messages.put);
  const options = ledgerId === undefined ? undefined : { ledgerId };
  const subscription = await broker.takeUnroutable(onBatch, options);
  return { messages, subscription };
}

describe.skipIf(!hasRabbitmq())('taking unroutable messages', () => {
  test('a delayed job whose queue is deleted while it waits is handed over as it came, and leaves the broker', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const message = { ...sampleMessage('work', { text: 'ünïcode' }), priority: 'high' } as const;
    const count = async () => (await raw.checkQueue('leveret.unroutable')).messageCount;
    // Long enough for the queue to be deleted meanwhile, also on a busy machine.
    await broker.publish([{ message, delayMs: 2_000 }]);
    await raw.deleteQueue('leveret.q.work.high');
    await expect.poll(count, { timeout: 10_000 }).toBe(1);

    const { messages } = await takeInto(broker);
    const { body, properties, letter, ...taken } = await messages.next();

    expect(taken).toEqual({ queue: 'work', reason: REASON, isReturned: false });
    expect([...body]).toEqual([...message.body]);
    expect(letter?.message).toMatchObject({
      id: message.id,
      kind: message.kind,
      queue: 'work',
      priority: 'high',
    });
    expect(letter?.failure).toEqual({ code: 'BROKER_DEAD_LETTERED', message: REASON });
    expect(JSON.parse(properties)).toMatchObject({ messageId: message.id, type: message.kind });
    await expect.poll(count).toBe(0);
  });

  test('a dead letter that has no queue names the queue of its job', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.deleteQueue('leveret.dead.work');
    const { messages } = await takeInto(broker);

    raw.sendToQueue('leveret.q.work', Buffer.from('1'), { ...JOB, expiration: '1' });

    expect(await messages.next()).toMatchObject({ queue: 'work', body: Buffer.from('1') });
  });

  test('a foreign message is handed over whatever it holds', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const { messages } = await takeInto(broker);
    const properties = { contentType: 'text/plain', headers: { 'x-death': 'no list', note: 'x' } };

    raw.sendToQueue('leveret.unroutable', Buffer.from([0xff, 0x00]), properties);
    const message = await messages.next();

    expect(message).toMatchObject({ queue: 'leveret.unroutable', body: Buffer.from([0xff, 0x00]) });
    expect(JSON.parse(message.properties)).toMatchObject(properties);
  });

  test('a batch that could not be stored is handed over again, as returned, also to the next process', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const tries = createInbox<UnroutableMessage>();
    const failing = await broker.takeUnroutable(async (batch) => {
      batch.forEach(tries.put);
      throw new Error('the ledger is away');
    });
    raw.sendToQueue('leveret.unroutable', Buffer.from('1'), JOB);
    const [first, second] = await tries.take(2);
    await failing.stop();

    const { messages } = await takeInto(broker);
    const again = await messages.next();

    expect([first, second, again].map((message) => message?.isReturned)).toEqual([false, true, true]);
    expect(new Set([first, second, again].map((message) => message?.properties)).size).toBe(1);
  });

  test('where the queue is missing, as on a topology that was damaged, it is not declared, and found once it is there', async () => {
    await using vhost = await openVhost();
    const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl], clock: hasty });
    await using closing = { [Symbol.asyncDispose]: () => broker.close(500) };
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.deleteQueue('leveret.unroutable');

    const { messages } = await takeInto(broker);
    await using other = await openTestBroker(vhost.amqpUrl);
    raw.sendToQueue('leveret.unroutable', Buffer.from('1'), JOB);

    expect(String((await messages.next()).body)).toBe('1');
    expect([closing, other]).toHaveLength(2);
  });

  test('nothing is handed over for another ledger than the one that records the events', async () => {
    await using vhost = await openVhost();
    await using owner = await openTestBroker(vhost.amqpUrl);
    await using stranger = await openTestBroker(vhost.amqpUrl);
    await owner.recordEvents(async () => undefined, { ledgerId: LEDGER });
    await using raw = await openRawChannel(vhost.amqpUrl);

    const refused = await takeInto(stranger, OTHER_LEDGER);
    const taken = await takeInto(owner, LEDGER);
    for (const text of ['1', '2', '3']) raw.sendToQueue('leveret.unroutable', Buffer.from(text), JOB);

    expect((await taken.messages.take(3)).map(({ body }) => String(body))).toEqual(['1', '2', '3']);
    expect(refused.messages.size()).toBe(0);
    await refused.subscription.stop();
  });
});
