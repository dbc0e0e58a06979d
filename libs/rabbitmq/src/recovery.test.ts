import { type Broker, type Delivery, sleep, systemClock } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../fixtures/raw-channel.ts';
import { consumeInto, makeMessage, openTestBroker, publishOne, readOne } from '../fixtures/test-broker.ts';
import { createRabbitmqBroker } from './broker.ts';

/** How soon after its link is half open a consumer consumes again, in milliseconds: 5 s are promised, a busy machine gets more. */
const BACK_MS = 8_000;
/** How long a broker that is closed without grace may take, whatever its server does. */
const CLOSED_MS = 8_000;

async function openBench() {
  const vhost = await openVhost();
  const proxy = await startTcpProxy(vhost.amqpUrl);
  const broker = await openTestBroker(proxy.url);
  const other = await openTestBroker(vhost.amqpUrl);
  return {
    vhost,
    proxy,
    broker,
    other,
    /** Cuts the broker off until `reconnect`. */
    async disconnect() {
      proxy.refuse(true);
      proxy.cut();
      await expect.poll(() => broker.status().state).toBe('down');
      // The first pause of a subscription, 200 ms at most, is over: it waits for a connection.
      await sleep(systemClock, 300);
    },
    async reconnect() {
      proxy.refuse(false);
      await expect.poll(() => broker.status().state).toBe('up');
      // Consumers that are to come back have done so when a new one is there.
      await consumeInto(broker, 'probe');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([broker.close(100), other.close(100)]);
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

/** Publishes as many messages as reach every consumer there is. */
async function publishTen(broker: Broker): Promise<readonly string[]> {
  const published = await Promise.all(Array.from({ length: 10 }, () => publishOne(broker, 'work')));
  return published.map(({ id }) => id).sort();
}

describe.skipIf(!hasRabbitmq())('a broker that is cut off', () => {
  test('a subscription that was stopped meanwhile stays stopped', async () => {
    await using bench = await openBench();
    const inbox = createInbox<Delivery>();
    const subscription = await bench.broker.consume('work', { prefetch: 5, onDelivery: inbox.put });
    await bench.disconnect();

    await subscription.stop();
    await bench.reconnect();
    const other = await consumeInto(bench.other, 'work');
    const ids = await publishTen(bench.other);

    expect((await other.take(10)).map(({ message }) => message.id).sort()).toEqual(ids);
    expect(inbox.size()).toBe(0);
  });

  test('a broker that says nothing to its consumers is left within seconds, however rare its heartbeats', async () => {
    await using bench = await openBench();
    const inbox = await consumeInto(bench.broker, 'work');

    bench.proxy.forsake();
    const since = systemClock.monotonic();
    await publishOne(bench.other, 'work');
    await inbox.next();

    expect(systemClock.monotonic() - since).toBeLessThan(BACK_MS);
  });

  test('a subscription that is stopped while it comes back stays stopped', async () => {
    await using bench = await openBench();
    const inbox = createInbox<Delivery>();
    const subscription = await bench.broker.consume('work', { prefetch: 5, onDelivery: inbox.put });
    await bench.disconnect();

    const next = bench.broker.consume('work', { prefetch: 6, onDelivery: inbox.put });
    await bench.reconnect();
    await (await next).stop();
    await subscription.stop();
    const other = await consumeInto(bench.other, 'work');
    const ids = await publishTen(bench.other);

    expect((await other.take(10)).map(({ message }) => message.id).sort()).toEqual(ids);
    expect(inbox.size()).toBe(0);
  });

  test('a consumer that waits for it is told when it is closed', async () => {
    await using bench = await openBench();
    await bench.disconnect();
    const pending = bench.broker.consume('work', { prefetch: 5, onDelivery: () => undefined });
    pending.catch(() => undefined);

    await bench.broker.close(100);

    await expect(pending).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await expect(
      bench.broker.consume('work', { prefetch: 5, onDelivery: () => undefined }),
    ).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  });

  test('what was acknowledged when the connection was lost is not handed out again', async () => {
    await using bench = await openBench();
    const count = 1_000;
    await bench.other.publish(
      Array.from({ length: count }, () => ({ message: makeMessage('work'), delayMs: 0 })),
    );
    const settled = new Set<string>();
    const again: string[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });

    await bench.broker.consume('work', {
      prefetch: 100,
      onDelivery({ message, settle }) {
        if (settled.has(message.id)) again.push(message.id);
        settle({ events: [] }).then(() => {
          settled.add(message.id);
          if (settled.size % 300 === 0) bench.proxy.cut();
          if (settled.size === count) finish();
        }, finish);
      },
    });
    await finished;
    await expect.poll(() => bench.other.inspect(['work'])).toMatchObject([{ ready: 0 }]);

    expect(again).toEqual([]);
  });

  test('what was finished meanwhile, and settled when it is back, does not run again', async () => {
    await using bench = await openBench();
    await publishOne(bench.broker, 'work');
    const inbox = await consumeInto(bench.broker, 'work');
    const delivery = await inbox.next();
    await bench.disconnect();
    const next = { ...delivery.message, attempt: 2 };
    const settle = () =>
      delivery.settle({ successor: { kind: 'requeue', message: next, delayMs: 1_500 }, events: [] });

    await expect(settle()).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await bench.reconnect();
    await settle();

    expect((await inbox.next()).message.attempt).toBe(2);
    expect(inbox.size()).toBe(0);
    expect(await bench.other.inspect(['work'])).toMatchObject([{ ready: 0 }]);
  });

  test('a settlement waits for a server that is silent, and publishes one successor however often it is asked for', async () => {
    await using bench = await openBench();
    await publishOne(bench.broker, 'work');
    const inbox = await consumeInto(bench.broker, 'work');
    const delivery = await inbox.next();
    const next = { ...delivery.message, attempt: 2 };
    const settle = () =>
      delivery.settle({ successor: { kind: 'requeue', message: next, delayMs: 0 }, events: [] });
    bench.proxy.holdAnswers();

    const settled = [settle(), settle()];
    await sleep(systemClock, 2_500);
    settled.push(settle());
    bench.proxy.thaw();
    await Promise.all(settled);

    const retried = await inbox.next();
    await retried.settle({ events: [] });
    await bench.broker.close(1_000);
    expect(retried.message.attempt).toBe(2);
    expect(await bench.other.inspect(['work'])).toMatchObject([{ ready: 0 }]);
  });
});

describe.skipIf(!hasRabbitmq())('closing a broker', () => {
  test('takes a few seconds, however silent its server is', async () => {
    await using bench = await openBench();
    await publishOne(bench.broker, 'work');
    await consumeInto(bench.broker, 'work');
    bench.proxy.holdAnswers();

    const startedAt = performance.now();
    await bench.broker.close(500);

    expect(performance.now() - startedAt).toBeLessThan(CLOSED_MS);
  });

  test('does not wait for a recorder that never ends', async () => {
    await using bench = await openBench();
    const begun = createInbox<true>();
    await bench.broker.recordEvents(() => {
      begun.put(true);
      return new Promise(() => undefined);
    });
    const { id: jobId, kind, queue } = makeMessage('work');
    await bench.broker.emit([
      { type: 'handed-back', jobId, kind, queue, attempt: 1, maxAttempts: 1, createdAt: 1, at: 1 },
    ]);
    await begun.next();

    const startedAt = performance.now();
    await bench.broker.close(500);

    expect(performance.now() - startedAt).toBeLessThan(CLOSED_MS);
  });

  test('loses no acknowledgement, however many are on their way', async () => {
    await using bench = await openBench();
    for (const queue of ['a', 'b', 'c', 'd']) {
      const broker = await createRabbitmqBroker({ urls: [bench.vhost.amqpUrl] });
      await broker.declare([queue]);
      await broker.publish(Array.from({ length: 501 }, () => ({ message: makeMessage(queue), delayMs: 0 })));
      const inbox = await consumeInto(broker, queue, 501);
      const [, ...fast] = await inbox.take(501);
      await Promise.all(fast.map((delivery) => delivery.settle({ events: [] })));
      await broker.close(1_000);
    }

    // What was not settled is back a moment later than its connection is gone.
    const readyCounts = async () =>
      (await bench.other.inspect(['a', 'b', 'c', 'd'])).map(({ ready }) => ready);
    await expect.poll(readyCounts).toEqual([1, 1, 1, 1]);
  });
});

describe.skipIf(!hasRabbitmq())('refusals', () => {
  test('a virtual host that does not exist is named, and what to look at', async () => {
    await using vhost = await openVhost();

    await expect(createRabbitmqBroker({ urls: [`${vhost.amqpUrl}-not`] })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/-not: the broker refused the virtual host/),
    });
  });

  test('a consumer whose queue exists otherwise is refused, and does not come alive when the queue goes', async () => {
    await using bench = await openBench();
    await using raw = await openRawChannel(bench.vhost.amqpUrl);
    await raw.assertQueue('leveret.q.odd', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const inbox = createInbox<Delivery>();

    await expect(bench.broker.consume('odd', { prefetch: 1, onDelivery: inbox.put })).rejects.toMatchObject({
      code: 'TOPOLOGY_MISMATCH',
    });
    await raw.deleteQueue('leveret.q.odd');
    await bench.other.declare(['odd']);
    const message = await publishOne(bench.other, 'odd');

    expect(await readOne(await consumeInto(bench.other, 'odd'))).toBe(message.id);
    expect(inbox.size()).toBe(0);
  });

  test.each([0, -1, 1.5, 65_536, Number.NaN])('a prefetch of %d is out of range', async (prefetch) => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);

    await expect(broker.consume('work', { prefetch, onDelivery: () => undefined })).rejects.toThrow(
      RangeError,
    );
  });

  test('headers that the broker would act on are not sent', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl, { queues: ['work', 'other'] });
    const headers = { CC: 'leveret.q.other', bcc: 'x', 'x-death': 'x', traceparent: '00' };

    await broker.publish([{ message: { ...makeMessage('work'), headers }, delayMs: 0 }]);
    const { message } = await (await consumeInto(broker, 'work')).next();

    expect(message.headers).toEqual({ traceparent: '00' });
  });
});
