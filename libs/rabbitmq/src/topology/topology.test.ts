import { knownEvents } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { consumeInto, makeMessage, openTestBroker, publishOne, readOne } from '../../fixtures/test-broker.ts';
import { openUser } from '../../fixtures/user.ts';

describe.skipIf(!hasRabbitmq())('what somebody takes away from the topology', () => {
  test('a message for a queue that was deleted is not lost: the queue is declared again', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    await raw.deleteQueue('leveret.q.work');

    await Promise.all(Array.from({ length: 300 }, () => publishOne(broker, 'work')));

    expect(await broker.inspect(['work'])).toEqual([{ queue: 'work', ready: 300, dead: 0 }]);
    expect((await raw.checkQueue('leveret.unroutable')).messageCount).toBe(0);
  });

  test('messages whose bindings were removed arrive all the same, delayed ones too', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    await raw.unbindQueue('leveret.q.work', 'leveret.jobs', 'work.normal.#');
    await raw.unbindQueue('leveret.delay.0.1', 'leveret.delay.in', '@0.1');

    await publishOne(broker, 'work');
    await broker.publish([{ message: makeMessage('work'), delayMs: 100 }]);

    await expect.poll(() => broker.inspect(['work'])).toEqual([{ queue: 'work', ready: 3, dead: 0 }]);
  });

  test('a delayed message for a slot that was deleted, and an event for a queue that was, arrive all the same', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    await raw.deleteQueue('leveret.delay.0.1');
    await raw.deleteQueue('leveret.events.ledger');

    const message = makeMessage('work');
    await broker.publish([{ message, delayMs: 50 }]);
    await broker.emit([toEvent(message.id)]);
    const recorded = createInbox<string>();
    await broker.recordEvents(async (entries) => {
      for (const { jobId } of knownEvents(entries)) recorded.put(jobId);
    });
    const inbox = await consumeInto(broker, 'work');
    const ids = (await inbox.take(2)).map((delivery) => delivery.message.id);

    expect(ids).toContain(message.id);
    expect(await recorded.next()).toBe(message.id);
  });

  test('a dead letter is kept although its queue was deleted', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(broker, 'work');
    const inbox = await consumeInto(broker, 'work');
    const { message, settle } = await inbox.next();
    await raw.deleteQueue('leveret.dead.work');

    const failure = { code: 'HANDLER_FAILED', message: 'no' } as const;
    await settle({ successor: { kind: 'dead-letter', message, failure }, events: [] });

    expect(await broker.inspect(['work'])).toMatchObject([{ dead: 1 }]);
    expect((await raw.checkQueue('leveret.unroutable')).messageCount).toBe(0);
  });

  test('a consumer whose queue was deleted consumes the next one of that name', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const inbox = await consumeInto(broker, 'work');
    await publishOne(broker, 'work');
    await readOne(inbox);
    const message = makeMessage('work');

    await raw.deleteQueue('leveret.q.work');
    // A broker that is about to delete a queue may refuse what is published to it.
    await expect.poll(() => broker.publish([{ message, delayMs: 0 }]).then(() => 'done')).toBe('done');

    expect(await readOne(inbox)).toBe(message.id);
  });

  test('a server that was set up anew is given everything again', async () => {
    await using old = await openVhost();
    await using proxy = await startTcpProxy(old.amqpUrl);
    await using broker = await openTestBroker(proxy.url);
    await using raw = await openRawChannel(old.amqpUrl);
    await publishOne(broker, 'work');
    await raw.deleteExchange('leveret.topology.v1');
    await raw.deleteExchange('leveret.jobs');
    await raw.deleteQueue('leveret.q.work');
    await raw.deleteQueue('leveret.events.ledger');

    proxy.refuse(true);
    proxy.cut();
    await expect.poll(() => broker.status().state).toBe('down');
    proxy.refuse(false);
    await expect.poll(() => broker.status().state).toBe('up');
    const message = await publishOne(broker, 'work');
    await broker.emit([toEvent(message.id)]);

    expect(await readOne(await consumeInto(broker, 'work'))).toBe(message.id);
    expect((await raw.checkQueue('leveret.events.ledger')).messageCount).toBe(1);
  });
});

describe.skipIf(!hasRabbitmq())('a queue that this process has not declared', () => {
  test.each([0, 100])(
    'and that is not there is not made by a message with a delay of %i ms: the message is refused',
    async (delayMs) => {
      await using vhost = await openVhost();
      await using broker = await openTestBroker(vhost.amqpUrl, { queues: [] });

      const publishing = broker.publish([{ message: makeMessage('work'), delayMs }]);

      await expect(publishing).rejects.toMatchObject({
        code: 'BROKER_UNROUTABLE',
        message: expect.stringMatching(/no queue "work".*broker\.declare.*leveret init --queue work/),
      });
      const queues = await vhost.management.listQueues(vhost.name);
      expect(queues.filter(({ name }) => name.includes('work'))).toEqual([]);
    },
  );

  test('takes messages once another process has declared it', async () => {
    await using vhost = await openVhost();
    await using producer = await openTestBroker(vhost.amqpUrl, { queues: [] });
    await expect(publishOne(producer, 'work')).rejects.toMatchObject({ code: 'BROKER_UNROUTABLE' });

    await using worker = await openTestBroker(vhost.amqpUrl, { queues: [] });
    const inbox = await consumeInto(worker, 'work');
    const message = await publishOne(producer, 'work');

    expect(await readOne(inbox)).toBe(message.id);
  });

  test('and that was deleted is not made again by a message for it', async () => {
    await using vhost = await openVhost();
    await using owner = await openTestBroker(vhost.amqpUrl);
    await using producer = await openTestBroker(vhost.amqpUrl, { queues: [] });
    await using raw = await openRawChannel(vhost.amqpUrl);
    await publishOne(producer, 'work');
    await raw.deleteQueue('leveret.q.work');

    await expect(publishOne(producer, 'work')).rejects.toMatchObject({ code: 'BROKER_UNROUTABLE' });
    expect(await owner.inspect(['work'])).toEqual([{ queue: 'work', ready: 0, dead: 0 }]);
  });
});

test.skipIf(!hasRabbitmq())('a process that starts declares every level of the delay wheel', async () => {
  await using vhost = await openVhost();
  await using broker = await openTestBroker(vhost.amqpUrl, { queues: [] });

  expect(broker.status()).toEqual({ state: 'up' });
  const queues = await vhost.management.listQueues(vhost.name);

  const slots = queues.filter(({ name }) => name.startsWith('leveret.delay.'));
  expect([queues.length, slots.length]).toEqual([47, 45]);
});

function toEvent(jobId: string) {
  const [kind, queue] = ['a.b', 'work'];
  return {
    type: 'handed-back',
    jobId,
    kind,
    queue,
    attempt: 1,
    maxAttempts: 3,
    createdAt: 1,
    at: 1,
  } as const;
}

describe.skipIf(!hasRabbitmq())('a user who may not declare', () => {
  test('works with what somebody else has declared, the wheel included', async () => {
    await using vhost = await openVhost();
    await using user = await openUser(vhost);
    await using owner = await openTestBroker(vhost.amqpUrl);
    await publishOne(owner, 'work');

    await using broker = await openTestBroker(user.url);
    const inbox = await consumeInto(broker, 'work');
    await readOne(inbox);
    const message = makeMessage('work');
    await broker.publish([{ message, delayMs: 50 }]);

    expect(await readOne(inbox)).toBe(message.id);
  });

  test('is told what to run when there is nothing, and when a queue is missing', async () => {
    await using vhost = await openVhost();
    await using user = await openUser(vhost);
    const refusal = { code: 'BROKER_REFUSED', message: expect.stringContaining('run "leveret init"') };

    await expect(openTestBroker(user.url)).rejects.toMatchObject(refusal);
    await using owner = await openTestBroker(vhost.amqpUrl);
    await publishOne(owner, 'work');
    await using broker = await openTestBroker(user.url);

    await expect(broker.declare(['other'])).rejects.toMatchObject(refusal);
  });
});
