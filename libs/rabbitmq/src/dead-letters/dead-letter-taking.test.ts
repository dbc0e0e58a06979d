import { type Broker, type Clock, type DeadLetter, systemClock } from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { keepLines } from '../../fixtures/log-lines.ts';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { openTestBroker } from '../../fixtures/test-broker.ts';
import { createRabbitmqBroker } from '../broker.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1e';
const OTHER_LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1f';
const JOB = { messageId: ID, type: 'mail.send' };

/** A clock whose minutes are short. */
const hasty: Clock = {
  ...systemClock,
  schedule: (ms, run) => systemClock.schedule(ms === 60_000 ? 20 : ms, run),
};

async function takeInto(broker: Broker, options?: { readonly ledgerId: string }) {
  const letters = createInbox<DeadLetter>();
  const onBatch = async (batch: readonly DeadLetter[]) => batch.forEach(letters.put);
  const subscription = await broker.takeDeadLetters('work', onBatch, options);
  return { letters, subscription };
}

describe.skipIf(!hasRabbitmq())('taking dead letters', () => {
  test('one that expired says so, and keeps the lane that it came from', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const { letters } = await takeInto(broker);

    raw.sendToQueue('leveret.q.work.high', Buffer.from('1'), { ...JOB, expiration: '1' });

    expect(await letters.next()).toMatchObject({
      message: { id: ID, priority: 'high' },
      failure: { code: 'BROKER_DEAD_LETTERED', message: expect.stringContaining('it expired') },
    });
  });

  test('one that a consumer rejected says so', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const { letters } = await takeInto(broker);
    await raw.consume('leveret.q.work', (message) => message && raw.reject(message, false));

    raw.sendToQueue('leveret.q.work', Buffer.from('2'), JOB);

    expect(await letters.next()).toMatchObject({
      message: { id: ID, priority: 'normal' },
      failure: { code: 'BROKER_DEAD_LETTERED', message: expect.stringContaining('rejected') },
    });
  });

  test('a foreign message has a defect, and all its properties', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const { letters } = await takeInto(broker);
    const properties = { contentType: 'text/plain', correlationId: 'order-17', headers: { note: 'x' } };

    raw.sendToQueue('leveret.dead.work', Buffer.from([0xff, 0x00]), properties);
    const letter = await letters.next();

    expect(letter.defect).toBe('property message-id is missing');
    expect([...letter.message.body]).toEqual([0xff, 0x00]);
    expect(JSON.parse(letter.properties)).toMatchObject(properties);
  });

  test('a queue that is declared later is found, and one that is deleted and declared again too', async () => {
    await using vhost = await openVhost();
    const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl], clock: hasty });
    await using closing = { [Symbol.asyncDispose]: () => broker.close(500) };
    const { letters } = await takeInto(broker);
    await using other = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);

    raw.sendToQueue('leveret.dead.work', Buffer.from('1'), JOB);
    const first = await letters.next();
    await raw.deleteQueue('leveret.dead.work');
    await using again = await openTestBroker(vhost.amqpUrl);
    raw.sendToQueue('leveret.dead.work', Buffer.from('2'), JOB);
    const second = await letters.next();

    expect([first, second].map(({ message }) => String(message.body))).toEqual(['1', '2']);
    expect([closing, other, again]).toHaveLength(3);
  });

  test('nothing is handed over for another ledger than the one that records the events', async () => {
    await using vhost = await openVhost();
    const { logger, lines } = keepLines();
    await using owner = await openTestBroker(vhost.amqpUrl);
    await using stranger = await openTestBroker(vhost.amqpUrl, { logger });
    await owner.recordEvents(async () => undefined, { ledgerId: LEDGER });
    await using raw = await openRawChannel(vhost.amqpUrl);
    raw.sendToQueue('leveret.dead.work', Buffer.from('1'), JOB);

    const refused = await takeInto(stranger, { ledgerId: OTHER_LEDGER });
    await expect.poll(() => lines).toContain('cannot consume: will try until it can');
    const taken = await takeInto(owner, { ledgerId: LEDGER });

    expect(await taken.letters.next()).toMatchObject({ message: { id: ID } });
    expect(refused.letters.size()).toBe(0);
    await refused.subscription.stop();
  });
});
