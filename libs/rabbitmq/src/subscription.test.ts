import { LeveretError, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type FakeChannel, makeFakeChannel, makeFakeConnection } from '../fixtures/fake-amqp.ts';
import type { ConsumeMessage } from './amqp.ts';
import type { Session } from './session.ts';
import { createSubscription } from './subscription.ts';

/** A subscription that is given `channels`, one after the other. */
function makeBench(
  channels: readonly FakeChannel[],
  whenUp = () => Promise.resolve(makeFakeConnection(channels)),
) {
  const clock = createManualClock();
  const connection = makeFakeConnection(channels);
  const received: { readonly message: ConsumeMessage; readonly session: Session }[] = [];
  let forgotten = 0;
  const subscription = createSubscription({
    connection: { whenUp: channels.length > 0 ? () => Promise.resolve(connection) : whenUp },
    queueName: 'q',
    ensure: () => Promise.resolve(),
    forget: () => {
      forgotten += 1;
    },
    prefetch: 5,
    onMessage: (message, session) => received.push({ message, session }),
    clock,
    random: () => 0.5,
    logger: silentLogger,
  });
  return { clock, subscription, received, forgottenCount: () => forgotten };
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

  for (const { message, session } of received) session.ack(message);
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

  for (const { message, session } of received.slice(1)) session.ack(message);
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
  const { subscription } = makeBench([], () =>
    Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'the connection to the broker is closed')),
  );
  const started = subscription.start();
  started.catch(() => undefined);
  await settle();

  await subscription.stop();
  await clock.advance(0);

  await expect(started).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});
