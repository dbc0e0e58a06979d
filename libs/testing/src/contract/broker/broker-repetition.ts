import { markFollowing, REPEATED_HEADER } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleBatch, sampleMessage, uniqueQueue } from '../sample-job.ts';
import { type BrokerBench, consumeInto } from './broker-under-test.ts';

/** The promises about messages that are published more than once. */
export function describeBrokerRepetition(bench: () => BrokerBench): void {
  test('a run that is published again while its outcome is not known is sent once, and all calls settle alike', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const [first, second] = [sampleMessage(queue, { a: 1, b: 2 }), sampleMessage(queue)];
    const again = { ...sampleMessage(queue, { b: 2, a: 1 }), id: first.id };

    await Promise.all([
      broker.publish([{ message: first, delayMs: 0 }]),
      broker.publish([{ message: again, delayMs: 0 }]),
      broker.publish([
        { message: second, delayMs: 0 },
        { message: first, delayMs: 0 },
      ]),
    ]);

    expect(await broker.inspect([queue])).toEqual([{ queue, ready: 2, dead: 0 }]);
  });

  test('another attempt, payload or queue under the same id is another run', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const [queue, other] = [await brokers.openQueue(), await brokers.openQueue()];
    const message = sampleMessage(queue);
    const others = [
      { ...message, attempt: 2 },
      { ...sampleMessage(queue, 'other'), id: message.id },
      { ...message, queue: other },
    ];

    await Promise.all([message, ...others].map((run) => broker.publish([{ message: run, delayMs: 0 }])));

    expect(await broker.inspect([queue, other])).toMatchObject([{ ready: 3 }, { ready: 1 }]);
  });

  test('a copy of a message that may exist is delivered as resent, at once or after its delay; a first one is not', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const [first, copy, late] = sampleBatch(queue, 3).map(({ message }) => message);
    const { inbox } = await consumeInto(broker, queue, 3);

    await broker.publish([
      { message: first ?? expect.unreachable(), delayMs: 0 },
      { message: copy ?? expect.unreachable(), delayMs: 0, isResent: true },
      { message: late ?? expect.unreachable(), delayMs: 150, isResent: true },
    ]);
    const deliveries = await inbox.take(3);

    const origins = new Map(deliveries.map(({ message, origin }) => [message.id, origin]));
    expect([first, copy, late].map((message) => origins.get(message?.id ?? ''))).toEqual([
      'first',
      'resent',
      'resent',
    ]);
    await Promise.all(deliveries.map((delivery) => delivery.settle({ events: [] })));
  });

  test('what follows a copy keeps its mark, at once and after a delay, and is no copy itself', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const { inbox } = await consumeInto(broker, queue, 1);
    await broker.publish([{ message: sampleMessage(queue), delayMs: 0, isResent: true }]);
    let delivery = await inbox.next();

    for (const delayMs of [0, 150]) {
      const { message } = delivery;
      const next = markFollowing(delivery, { ...message, attempt: message.attempt + 1 });
      await delivery.settle({ successor: { kind: 'requeue', message: next, delayMs }, events: [] });
      delivery = await inbox.next();

      expect(delivery).toMatchObject({ origin: 'first', message: { headers: { [REPEATED_HEADER]: '1' } } });
    }
    await delivery.settle({ events: [] });
  });

  test('a message that is refused and not stored says so', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    await broker.close(0);

    await expect(broker.publish(sampleBatch(uniqueQueue(), 2))).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
      details: { outcome: 'not-stored' },
    });
  });
}
