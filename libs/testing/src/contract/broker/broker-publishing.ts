import { systemClock } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleBatch, sampleMessage, uniqueQueue } from '../sample-job.ts';
import { type BrokerBench, consumeInto } from './broker-under-test.ts';

/** The promises about declaring queues, publishing to them, and what comes of a message after its delay. */
export function describeBrokerPublishing(bench: () => BrokerBench): void {
  test('a message arrives as it was sent: every field, every header, the body byte for byte', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = {
      ...sampleMessage(queue),
      attempt: 3,
      heldMs: 5_000,
      crashes: 2,
      snoozes: 3,
      generation: 4,
      body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', städte: 'Zürich ✓' },
    };

    await broker.publish([{ message, delayMs: 0 }]);
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();

    expect({ ...delivery.message, body: [...delivery.message.body] }).toEqual({
      ...message,
      body: [...message.body],
    });
    expect(delivery.defect).toBeUndefined();
    expect([delivery.origin, delivery.returnCount]).toEqual(['first', 0]);
    await delivery.settle({ events: [] });
  });

  test('what is published outlives the broker that published it', async () => {
    await using brokers = bench();
    const queue = await brokers.openQueue();
    const message = sampleMessage(queue);
    const first = await brokers.open();
    await first.publish([{ message, delayMs: 0 }]);
    await first.close(0);

    const { inbox } = await consumeInto(await brokers.open(), queue, 1);
    const delivery = await inbox.next();

    expect(delivery.message.id).toBe(message.id);
    await delivery.settle({ events: [] });
  });

  test('many messages are published in one call, and each is delivered once', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const batch = sampleBatch(queue, 1_000);

    await broker.publish(batch);
    const { inbox } = await consumeInto(broker, queue, 1_000);
    const deliveries = await inbox.take(1_000);
    await Promise.all(deliveries.map((delivery) => delivery.settle({ events: [] })));

    expect(deliveries.map(({ message }) => message.id).sort()).toEqual(
      batch.map(({ message }) => message.id).sort(),
    );
  });

  test.each([150, 1_100])(
    'a message with a delay of %i ms comes no earlier than that, and soon after',
    async (delayMs) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      const { inbox } = await consumeInto(broker, queue, 5);

      const publishedAt = systemClock.monotonic();
      await broker.publish([{ message: sampleMessage(queue, 'late'), delayMs }]);
      await broker.publish([{ message: sampleMessage(queue, 'now'), delayMs: 0 }]);
      const first = await inbox.next();
      const second = await inbox.next();
      const waitedMs = systemClock.monotonic() - publishedAt;

      expect(Buffer.from(first.message.body).toString()).toBe('"now"');
      expect(waitedMs).toBeGreaterThanOrEqual(delayMs);
      expect(waitedMs).toBeLessThan(delayMs + 5_000);
      await Promise.all([first.settle({ events: [] }), second.settle({ events: [] })]);
    },
  );

  test('a short delay does not wait behind a long one', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const short = sampleMessage(queue, 'short');

    await broker.publish([
      { message: sampleMessage(queue, 'long'), delayMs: 3_600_000 },
      { message: short, delayMs: 100 },
    ]);
    const { inbox } = await consumeInto(broker, queue, 5);
    const delivery = await inbox.next();

    expect(delivery.message.id).toBe(short.id);
    await delivery.settle({ events: [] });
  });

  test('a queue that was declared takes messages of every process, and declaring it again changes nothing', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const queue = uniqueQueue();
    const [message] = sampleBatch(queue, 1);

    await one.declare([queue, uniqueQueue()]);
    await other.publish(message === undefined ? [] : [message]);
    await one.declare([queue]);

    expect(await one.inspect([queue])).toEqual([{ queue, ready: 1, dead: 0 }]);
  });

  test('what is not a name of a queue is not declared', async () => {
    await using brokers = bench();
    const broker = await brokers.open();

    await expect(broker.declare([uniqueQueue(), 'No Queue'])).rejects.toThrow(RangeError);
  });

  test('a closed broker refuses messages with BROKER_UNAVAILABLE, and closing twice is closing once', async () => {
    await using brokers = bench();
    const broker = await brokers.open();

    await Promise.all([broker.close(100), broker.close(100)]);
    await broker.close(100);

    await expect(broker.publish(sampleBatch(uniqueQueue(), 1))).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
    });
    expect(broker.status().state).toBe('down');
  });

  test('an open broker is up, and a queue that does not exist holds nothing', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = uniqueQueue();

    expect(broker.status()).toEqual({ state: 'up' });
    expect(await broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
  });
}
