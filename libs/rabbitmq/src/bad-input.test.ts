import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../fixtures/raw-channel.ts';
import { makeMessage, openTestBroker, publishOne } from '../fixtures/test-broker.ts';
import { createRabbitmqBroker } from './broker.ts';

test.each([
  [[], 'a broker needs at least one URL'],
  [['http://a:secret@b'], 'broker URL 1 of 1 is not an amqp:// or amqps:// URL'],
  [['amqp://a', 'amqp://a:sec/ret@b'], 'broker URL 2 of 2 is not an amqp:// or amqps:// URL'],
  [['amqp://a:%zz-secret@b'], 'broker URL 1 of 1 holds a % that encodes nothing'],
])('the URLs %j are a mistake that is told without what they hold', async (urls, words) => {
  const error: unknown = await createRabbitmqBroker({ urls }).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(TypeError);
  expect(String(error)).toContain(words);
  expect(String(error)).not.toMatch(/secret|sec\/ret/);
});

test.each([-11, 0.5, 11, Number.NaN])(
  'a consumer priority of %d is out of range',
  async (consumerPriority) => {
    await expect(createRabbitmqBroker({ urls: ['amqp://127.0.0.1:1'], consumerPriority })).rejects.toThrow(
      RangeError,
    );
  },
);

describe.skipIf(!hasRabbitmq())('what AMQP cannot carry', () => {
  test.each([
    [
      'a payload of 20 MB',
      { body: Buffer.alloc(20_000_000) },
      'the payload is 20000000 bytes, RabbitMQ takes at most 16777216',
    ],
    ['a queue with a name that is too long', { queue: 'q'.repeat(300) }, 'cannot name a queue'],
    ['a queue without a name', { queue: '' }, 'cannot name a queue'],
    ['a kind with a name that is too long', { kind: 'k'.repeat(300) }, 'cannot name a kind of job'],
    ['a header with a name that is too long', { headers: { ['h'.repeat(256)]: 'x' } }, 'at most 255 bytes'],
    ['a header that is no text', { headers: { a: Symbol('b') } }, 'the header "a" must be a string'],
    ['too much in headers', { headers: { a: 'x'.repeat(70_000) } }, 'at most 32768 bytes'],
  ])('%s is refused before it is sent, and the others of the call arrive', async (_what, wrong, words) => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    const messages = [makeMessage('work'), { ...makeMessage('work'), ...wrong }, makeMessage('work')];

    const published = broker.publish(messages.map((message) => ({ message, delayMs: 0 })) as never);

    await expect(published).rejects.toThrow(words);
    expect(await broker.inspect(['work'])).toMatchObject([{ ready: 2 }]);
  });

  test('a queue that exists otherwise is named, with what differs and the ways out, and is left as it is', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl, { queues: [] });
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.assertQueue('leveret.q.work', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    raw.sendToQueue('leveret.q.work', Buffer.from('kept'));

    await expect(broker.declare(['work'])).rejects.toMatchObject({
      code: 'TOPOLOGY_MISMATCH',
      message: expect.stringMatching(
        /^queue "leveret\.q\.work" exists with x-[a-z-]+ none, and Leveret needs .+: delete it once it is empty, or give Leveret a virtual host of its own$/,
      ),
    });
    expect(await raw.get('leveret.q.work')).toMatchObject({ content: Buffer.from('kept') });
  });

  test('a queue that is full refuses its own messages, and none of those beside them', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl, { queues: ['work', 'full'] });
    await Promise.all([publishOne(broker, 'work'), publishOne(broker, 'full')]);
    const policy = { pattern: '^leveret\\.q\\.full$', definition: { 'max-length': 1 } };
    await vhost.management.setPolicy(vhost.name, 'limit', policy);
    const publishToFull = () =>
      publishOne(broker, 'full').then(
        () => 'stored',
        (error: Error) => error.message,
      );
    const refused = 'the broker refused the message twice';
    await expect.poll(publishToFull).toBe(refused);

    const full = Promise.all(Array.from({ length: 20 }, publishToFull));
    await Promise.all(Array.from({ length: 500 }, () => publishOne(broker, 'work')));

    expect(new Set(await full)).toEqual(new Set([refused]));
    expect(await broker.inspect(['work'])).toMatchObject([{ ready: 501 }]);
  });

  test('an exchange that is gone is declared again', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    await raw.deleteExchange('leveret.delay.in');

    const delayed = () => broker.publish([{ message: makeMessage('work'), delayMs: 100 }]);
    await Promise.all(Array.from({ length: 20 }, delayed));

    await expect.poll(() => broker.inspect(['work'])).toMatchObject([{ ready: 21 }]);
  });
});
