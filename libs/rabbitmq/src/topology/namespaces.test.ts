import {
  type Command,
  type Delivery,
  type JobEvent,
  knownEvents,
  newId,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { wrongs } from '../../fixtures/picture.ts';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { consumeInto, makeMessage, openTestBroker, publishOne } from '../../fixtures/test-broker.ts';
import { openRabbitmqDoctor } from '../doctor/doctor.ts';

const NAMESPACES = ['leveret', 'shop'] as const;
const FAILURE = { code: 'HANDLER_FAILED', message: 'no' } as const;
const ALL = [expect.anything(), expect.anything(), expect.anything()];

/** Everything that one application does with its broker, told into inboxes. */
async function openApplication({ amqpUrl }: TestVhost, namespace: string) {
  const broker = await openTestBroker(amqpUrl, { namespace });
  const [recorded, followed] = [createInbox<JobEvent>(), createInbox<JobEvent>()];
  const commands = createInbox<Command>();
  const onGap = () => undefined;
  const ledgerId = newId(systemClock, systemRandom);
  await broker.recordEvents(async (entries) => knownEvents(entries).forEach(recorded.put), { ledgerId });
  await broker.live.followEvents({ onReceived: (events) => events.forEach(followed.put), onGap });
  await broker.live.onCommand({ onReceived: commands.put, onGap });
  return { broker, recorded, followed, commands, [Symbol.asyncDispose]: () => broker.close(500) };
}

function toEvent({ message: { id: jobId, kind, queue, attempt } }: Delivery): JobEvent {
  return { type: 'handed-back', jobId, kind, queue, attempt, maxAttempts: 3, createdAt: 1, at: 1 };
}

describe.skipIf(!hasRabbitmq())('two applications with namespaces of their own on one virtual host', () => {
  test('each get their own jobs, delayed jobs, retries, dead letters, events and commands, and nothing else', async () => {
    await using vhost = await openVhost();
    await using one = await openApplication(vhost, 'leveret');
    await using other = await openApplication(vhost, 'shop');
    const applications = [one, other];

    for (const { broker, recorded, followed, commands } of applications) {
      const [first, delayed] = [makeMessage('work'), makeMessage('work')];
      await broker.publish([
        { message: first, delayMs: 0 },
        { message: delayed, delayMs: 100 },
      ]);
      const inbox = await consumeInto(broker, 'work');
      const deliveries = await inbox.take(2);
      const [retried, buried] = deliveries as [Delivery, Delivery];
      const { message } = retried;
      const successor = { kind: 'requeue', message: { ...message, attempt: 2 }, delayMs: 100 } as const;
      await retried.settle({ successor, events: [toEvent(retried)] });
      const again = await inbox.next();
      await again.settle({ events: [toEvent(again)] });
      await buried.settle({
        successor: { kind: 'dead-letter', message: buried.message, failure: FAILURE },
        events: [toEvent(buried)],
      });
      await broker.live.broadcast({ type: 'stop', version: 1 });

      expect(deliveries.map((delivery) => delivery.message.id).sort()).toEqual([first.id, delayed.id].sort());
      expect([again.message.id, again.message.attempt]).toEqual([retried.message.id, 2]);
      expect([await recorded.take(3), await followed.take(3)]).toEqual([ALL, ALL]);
      expect(await commands.next()).toEqual({ type: 'stop', version: 1 });
      expect(inbox.size()).toBe(0);
    }

    for (const { broker, recorded, followed, commands } of applications) {
      expect([recorded.size(), followed.size(), commands.size()]).toEqual([0, 0, 0]);
      expect(await broker.inspect(['work'])).toEqual([{ queue: 'work', ready: 0, dead: 1 }]);
    }
  });

  test('are each looked at and mended on their own by the doctor', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    for (const namespace of NAMESPACES) {
      const broker = await openTestBroker(vhost.amqpUrl, { namespace });
      await publishOne(broker, 'work');
      await broker.close(500);
    }
    await raw.deleteQueue('shop.dead.work');
    await raw.deleteQueue('leveret.delay.3.1');

    const missing = [];
    for (const namespace of NAMESPACES) {
      const doctor = await openRabbitmqDoctor({
        urls: [vhost.amqpUrl],
        managementUrl: vhost.apiUrl,
        namespace,
        jobs: [],
      });
      missing.push(wrongs(await doctor.examine()).filter((line) => line.startsWith('problem queue')));
      await doctor.declareMissing();
      missing.push(wrongs(await doctor.examine()).filter((line) => line.startsWith('problem queue')));
      await doctor.close();
    }

    expect(missing).toEqual([['problem queue leveret.delay.3.1'], [], ['problem queue shop.dead.work'], []]);
  });

  test('keep everything in names that begin with the namespace', async () => {
    await using vhost = await openVhost();
    await using _one = await openApplication(vhost, 'shop');

    const queues = await vhost.management.listQueues(vhost.name);

    const durable = queues.filter(({ durable: isDurable }) => isDurable).map(({ name }) => name);
    expect(durable.filter((name) => !name.startsWith('shop.'))).toEqual([]);
  });

  test('go on, each with its own queue, when the queue of one is deleted', async () => {
    await using vhost = await openVhost();
    await using one = await openTestBroker(vhost.amqpUrl, { namespace: 'leveret' });
    await using other = await openTestBroker(vhost.amqpUrl, { namespace: 'shop' });
    await using raw = await openRawChannel(vhost.amqpUrl);
    const inboxes = [await consumeInto(one, 'work'), await consumeInto(other, 'work')];

    await raw.deleteQueue('shop.q.work');
    await expect.poll(() => publishOne(other, 'work').then(() => 'stored')).toBe('stored');
    const message = await publishOne(one, 'work');

    expect((await inboxes[1]?.next())?.message.queue).toBe('work');
    expect((await inboxes[0]?.next())?.message.id).toBe(message.id);
  });
});
