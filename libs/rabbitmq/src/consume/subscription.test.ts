import { LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { describe, expect, test } from 'vitest';
import { type FakeChannel, makeFakeChannel, makeFakeConnection } from '../../fixtures/fake-amqp.ts';
import { keepLines } from '../../fixtures/log-lines.ts';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Session } from './session.ts';
import { createSubscription } from './subscription.ts';

/** A subscription that is given `channels`, one after the other. */
function makeBench(
  channels: readonly FakeChannel[],
  {
    whenUp = () => Promise.resolve(makeFakeConnection(channels)),
    mayStandBy = false,
  }: { readonly whenUp?: () => Promise<AmqpConnection>; readonly mayStandBy?: boolean } = {},
) {
  const clock = createManualClock();
  const connection = makeFakeConnection(channels);
  const received: { readonly message: RawDelivery; readonly session: Session }[] = [];
  let forgotten = 0;
  const { logger, lines, fields } = keepLines();
  const subscription = createSubscription({
    connection: { whenUp: channels.length > 0 ? () => Promise.resolve(connection) : whenUp },
    queueName: 'q',
    ensure: () => Promise.resolve('q'),
    forget: () => {
      forgotten += 1;
    },
    prefetch: 5,
    mayStandBy,
    onMessage: (message, session) => received.push({ message, session }),
    clock,
    random: () => 0.5,
    logger,
  });
  return { clock, subscription, received, forgottenCount: () => forgotten, lines, fields };
}

/** Lets what was begun go as far as it can. */
const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('a subscription that is stopped while it opens its channel hands nothing out and leaves nothing behind', async () => {
  const channel = makeFakeChannel();
  const { clock, subscription, received } = makeBench([channel]);
  const started = subscription.start();
  started.catch(() => undefined);
  await settle();

  const stopped = subscription.stop();
  channel.startConsuming();
  channel.deliver(1);
  await settle();
  await stopped;
  channel.deliver(2);
  await clock.advance(60_000);

  await expect(started).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  await subscription.drained;
  expect(received).toEqual([]);
  expect(channel.log.slice(2)).toEqual(['cancel t', 'prefetch 5', 'prefetch 5', 'prefetch 5', 'close']);
});

test('stopping waits five seconds for a channel that is being opened', async () => {
  const { clock, subscription } = makeBench([makeFakeChannel()]);
  subscription.start().catch(() => undefined);
  await settle();
  let isStopped = false;
  const stopped = subscription.stop().then(() => {
    isStopped = true;
  });

  await clock.advance(4_999);
  const before = isStopped;
  await clock.advance(1);
  await stopped;

  expect([before, isStopped]).toEqual([false, true]);
});

test('what arrives on a channel that is given up is handed to nobody', async () => {
  const channel = makeFakeChannel();
  const { subscription, received } = makeBench([channel]);
  const started = subscription.start();
  await settle();
  channel.startConsuming();
  await started;

  channel.lose('no answer');
  channel.deliver(1);

  expect(received).toEqual([]);
});

test('a start that was refused is over: nothing is consumed later', async () => {
  const [refused, next] = [makeFakeChannel(), makeFakeChannel()];
  const { clock, subscription } = makeBench([refused, next]);
  const started = subscription.start();
  started.catch(() => undefined);
  await settle();

  refused.refuse(Object.assign(new Error('no permission'), { code: 403 }));
  await expect(started).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
  await clock.advance(60_000);
  await settle();

  await subscription.drained;
  expect(next.log).toEqual([]);
});

test('when the queue is not there, or its consumer is cancelled, what was known of it is forgotten', async () => {
  const [first, second, third] = [makeFakeChannel(), makeFakeChannel(), makeFakeChannel()];
  const { clock, subscription, forgottenCount } = makeBench([first, second, third]);
  const started = subscription.start();
  await settle();
  first.refuse(Object.assign(new Error('no queue'), { code: 404 }));
  await settle();
  const afterNotFound = forgottenCount();

  await clock.advance(5_000);
  await settle();
  second.startConsuming();
  await started;
  second.cancel();
  await settle();
  await clock.advance(5_000);
  await settle();

  expect([afterNotFound, forgottenCount()]).toEqual([1, 2]);
  expect(third.log).toContain('consume q');
});

test('what was delivered before stop can be settled after it; when it is, the channel goes', async () => {
  const channel = makeFakeChannel();
  const { subscription, received } = makeBench([channel]);
  const started = subscription.start();
  await settle();
  channel.startConsuming();
  await started;
  channel.deliver(1);
  await subscription.stop();
  const before = [...channel.log];

  for (const { message, session } of received) session.ack(message.fields.deliveryTag);
  await subscription.drained;

  expect(before.slice(2)).toEqual(['cancel t']);
  expect(channel.log.slice(3)).toEqual(['ack up to 1', 'prefetch 5', 'prefetch 5', 'prefetch 5', 'close']);
});

test('acknowledgements leave before the consumer is cancelled, and are given time before the channel is closed', async () => {
  const channel = makeFakeChannel();
  const { subscription, received } = makeBench([channel]);
  const started = subscription.start();
  await settle();
  channel.startConsuming();
  await started;
  for (const tag of [1, 2, 3]) channel.deliver(tag);

  for (const { message, session } of received.slice(1)) session.ack(message.fields.deliveryTag);
  await subscription.close();

  expect(channel.log.slice(2)).toEqual([
    'ack 2',
    'ack 3',
    'cancel t',
    'prefetch 5',
    'prefetch 5',
    'prefetch 5',
    'close',
  ]);
});

test('a start that waits for a connection ends when the connection is closed for good', async () => {
  const clock = createManualClock();
  const { subscription } = makeBench([], {
    whenUp: () =>
      Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'the connection to the broker is closed')),
  });
  const started = subscription.start();
  started.catch(() => undefined);
  await settle();

  await subscription.stop();
  await clock.advance(0);

  await expect(started).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});

test('that a queue cannot be consumed is logged once for each reason, until it can', async () => {
  const channels = Array.from({ length: 8 }, makeFakeChannel);
  const { clock, subscription, lines, fields } = makeBench(channels);
  const started = subscription.start();

  for (const [index, channel] of channels.slice(0, 6).entries()) {
    await settle();
    channel.refuse(Object.assign(new Error(index < 4 ? 'no quorum' : 'no queue'), { code: 541 }));
    await settle();
    await clock.advance(5_000);
  }
  await settle();
  channels[6]?.startConsuming();
  await started;

  expect(lines).toEqual(Array(2).fill('cannot consume: will try until it can'));
  expect(fields.map(({ error }) => error)).toEqual(['no quorum', 'no queue']);
});

test('an interruption tells how much was in hand, and the next one how much of that was settled too late', async () => {
  const [first, second] = [makeFakeChannel(), makeFakeChannel()];
  const { clock, subscription, received, fields } = makeBench([first, second]);
  const started = subscription.start();
  await settle();
  first.startConsuming();
  await started;
  for (const tag of [1, 2, 3]) first.deliver(tag);

  first.lose('gone');
  await settle();
  received[0]?.session.ack(received[0].message.fields.deliveryTag);
  received[1]?.session.release(received[1].message.fields.deliveryTag);
  await clock.advance(5_000);
  await settle();
  second.startConsuming();
  await settle();
  second.lose('gone again');
  await settle();

  expect(fields).toEqual([
    { queue: 'q', reason: 'gone', unsettledCount: 3, staleCount: 0 },
    { queue: 'q', reason: 'gone again', unsettledCount: 0, staleCount: 2 },
  ]);
});

test('where the connection was lost and nothing was in hand, there is nothing to say: the connection says it', async () => {
  const channel = makeFakeChannel();
  const connection = { ...makeFakeConnection([channel]), isOpen: () => false };
  const { subscription, lines } = makeBench([], { whenUp: () => Promise.resolve(connection) });
  const started = subscription.start();
  await settle();
  channel.startConsuming();
  await started;

  channel.lose('the connection was cut');
  await settle();

  expect(lines).toEqual([]);
});

/** How often the watchdog looks, and how soon again when the broker knows of no consumer, in milliseconds. */
const LOOK_MS = 2_000;
const AGAIN_MS = 1_000;

describe('a consumer that the broker says nothing to', () => {
  async function consuming(options: { readonly mayStandBy?: boolean } = {}) {
    const [first, second] = [makeFakeChannel(), makeFakeChannel()];
    const bench = makeBench([first, second], options);
    const started = bench.subscription.start();
    await settle();
    first.startConsuming();
    await started;
    /** Time for one look, and for consuming again if that is what comes of it. */
    const look = async (afterMs = LOOK_MS) => {
      await bench.clock.advance(afterMs);
      await settle();
      await bench.clock.advance(200);
      await settle();
    };
    return { ...bench, first, second, look };
  }

  test('consumes again on a fresh channel when the broker knows nothing of it twice in a row', async () => {
    const { first, second, look, received } = await consuming();
    first.deliver(1);
    first.view = { messageCount: 0, consumerCount: 0 };

    await look();
    expect(second.log).toEqual([]);
    await look(AGAIN_MS);
    second.startConsuming();
    await settle();
    second.deliver(1);

    expect(first.log).toContain('cancel t');
    expect(first.log).not.toContain('close');
    expect(second.log).toContain('consume q');
    expect(received).toHaveLength(2);
    for (const { message, session } of received) session.ack(message.fields.deliveryTag);
    await settle();
    expect(first.log.slice(-1)).toEqual(['close']);
  });

  test('stays when the broker had miscounted once', async () => {
    const { first, second, look } = await consuming();

    for (const consumerCount of [0, 1, 0, 1, 0]) {
      first.view = { messageCount: 0, consumerCount };
      await look(consumerCount === 0 ? LOOK_MS : AGAIN_MS);
    }

    expect(second.log).toEqual([]);
  });

  test('consumes again when messages wait, it has nothing in hand, and nothing comes', async () => {
    const { first, second, look } = await consuming();
    first.view = { messageCount: 7, consumerCount: 1 };

    for (let count = 0; count < 9; count += 1) await look();
    expect(second.log).toEqual([]);
    await look();

    expect(second.log).toContain('consume q');
  });

  test.each([
    ['something was delivered meanwhile', {}, true],
    ['another one is active', { mayStandBy: true }, false],
  ])('stays with messages that wait when %s', async (_why, options, isDelivering) => {
    const { first, second, look, received } = await consuming(options);
    first.view = { messageCount: 7, consumerCount: 1 };

    for (let tag = 1; tag <= 12; tag += 1) {
      if (isDelivering) first.deliver(tag);
      for (const { message, session } of received) session.ack(message.fields.deliveryTag);
      await look();
    }

    expect(second.log).toEqual([]);
  });

  test('stays when all that it may have is in hand', async () => {
    const { first, second, look } = await consuming();
    first.view = { messageCount: 7, consumerCount: 1 };
    first.deliver(1);

    for (let count = 0; count < 12; count += 1) await look();

    expect(second.log).toEqual([]);
  });

  test('is not looked after any more once it is stopped', async () => {
    const { first, subscription, look } = await consuming();
    first.deliver(1);
    await subscription.stop();
    first.view = { messageCount: 0, consumerCount: 0 };
    const before = [...first.log];

    for (let count = 0; count < 3; count += 1) await look();

    expect(first.log).toEqual(before);
  });
});
