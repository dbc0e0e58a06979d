import type { JobEvent } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { makeMessage, openTestBroker } from '../../fixtures/test-broker.ts';

function makeEvent(attempt = 1): JobEvent {
  const { id: jobId, kind, queue } = makeMessage('work');
  return { type: 'handed-back', jobId, kind, queue, attempt, maxAttempts: 9_999, createdAt: 1, at: 1 };
}

const noGap = { onGap: () => undefined };

describe.skipIf(!hasRabbitmq())('the live channel', () => {
  test('what is no event and what is no command is passed over', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const events = createInbox<readonly JobEvent[]>();
    const commands = createInbox<unknown>();
    await broker.live.followEvents({ ...noGap, onReceived: events.put });
    await broker.live.onCommand({ ...noGap, onReceived: commands.put });
    const [event, command] = [makeEvent(), { type: 'test', version: 1 }];

    for (const body of ['no JSON', 'null', '{}', '[7]']) {
      raw.publish('leveret.events', 'jobs', Buffer.from(body));
      raw.publish('leveret.control', '', Buffer.from(body));
    }
    // Answered behind what was published: what another connection sends now comes later.
    await raw.checkQueue('leveret.events.ledger');
    await broker.emit([event]);
    await broker.live.broadcast(command);

    expect([await events.next(), await commands.next()]).toEqual([[event], command]);
  });

  test('a follower that is slow costs the broker a bounded queue, and loses the oldest', async () => {
    await using vhost = await openVhost();
    await using proxy = await startTcpProxy(vhost.amqpUrl);
    await using slow = await openTestBroker(proxy.url);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const attempts = createInbox<number>();
    await slow.live.followEvents({ ...noGap, onReceived: ([event]) => attempts.put(event?.attempt ?? 0) });
    const listeners = (await vhost.management.listQueues(vhost.name)).filter(({ durable }) => !durable);

    proxy.freeze();
    for (let attempt = 1; attempt <= 3_000; attempt += 1)
      raw.publish('leveret.events', 'jobs', Buffer.from(JSON.stringify([makeEvent(attempt)])));
    await raw.checkQueue('leveret.events.ledger');
    proxy.thaw();

    const told: number[] = [];
    while (told.at(-1) !== 3_000) told.push(await attempts.next());
    // 1,000 in the queue, 100 unacknowledged, and those that the queue was still to drop when the follower went on.
    expect(told.length).toBeLessThanOrEqual(1_500);
    expect(listeners).toMatchObject([
      { type: 'classic', arguments: { 'x-max-length': 1_000, 'x-overflow': 'drop-head' } },
    ]);
  });

  test('a follower that stops leaves no queue behind', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    const listenerCount = async () =>
      (await vhost.management.listQueues(vhost.name)).filter(({ durable }) => !durable).length;
    const subscription = await broker.live.followEvents({ ...noGap, onReceived: () => undefined });
    const before = await listenerCount();

    await subscription.stop();

    await expect.poll(listenerCount).toBe(0);
    expect(before).toBe(1);
  });

  test('where the base was declared before there were commands, commands work', async () => {
    await using vhost = await openVhost();
    await using sender = await openTestBroker(vhost.amqpUrl);
    await using listener = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const commands = createInbox<unknown>();
    await raw.deleteExchange('leveret.control');

    await sender.live.broadcast({ type: 'to-nobody', version: 1 });
    await raw.deleteExchange('leveret.control');
    await listener.live.onCommand({ ...noGap, onReceived: commands.put });
    await sender.live.broadcast({ type: 'to-one', version: 1 });

    expect(await commands.next()).toEqual({ type: 'to-one', version: 1 });
  });

  test('a command is told again after its exchange was deleted', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const command = { type: 'test', version: 1 };
    await broker.live.broadcast(command);

    await raw.deleteExchange('leveret.control');
    await broker.live.broadcast(command);

    expect(await raw.checkExchange('leveret.control')).toBeDefined();
  });
});
