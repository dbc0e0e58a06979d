import { expect, test } from 'vitest';
import { sampleBatch, sampleMessage } from '../sample-job.ts';
import { type BrokerBench, consumeInto } from './broker-under-test.ts';

/** The promises about deliveries: how many, to which consumer, and where those go that are not settled. */
export function describeBrokerConsuming(bench: () => BrokerBench): void {
  test('at most as many deliveries as prefetch allows are unsettled at a time', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 20));

    const { inbox } = await consumeInto(broker, queue, 3);
    const held = await inbox.take(3);
    const [counts] = await broker.inspect([queue]);
    expect([counts?.ready, inbox.size()]).toEqual([17, 0]);

    await held[0]?.settle({ events: [] });
    const fourth = await inbox.next();
    const [after] = await broker.inspect([queue]);
    expect([after?.ready, inbox.size()]).toEqual([16, 0]);
    expect(held.map(({ message }) => message.id)).not.toContain(fourth.message.id);
  });

  test('after stop nothing more is delivered, and what was delivered can still be settled', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const { inbox, subscription } = await consumeInto(broker, queue, 5);
    await broker.publish(sampleBatch(queue, 1));
    const delivery = await inbox.next();

    await subscription.stop();
    await subscription.stop();
    await broker.publish(sampleBatch(queue, 1));
    await delivery.settle({ events: [] });
    const second = await consumeInto(broker, queue, 5);
    const later = await second.inbox.next();

    expect(inbox.size()).toBe(0);
    expect(later.message.id).not.toBe(delivery.message.id);
    await later.settle({ events: [] });
  });

  test('a released delivery comes again at once, to whoever has room, marked as returned', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const first = await inbox.next();

    first.release();
    first.release();
    const again = await inbox.next();

    expect(again.message.id).toBe(first.message.id);
    expect(again.message.attempt).toBe(1);
    expect(again.origin).toBe('returned');
    await again.settle({ events: [] });
  });

  test('a released delivery comes again to a process that has settled a job of the same id on another queue', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const [mail, print] = [await brokers.openQueue(), await brokers.openQueue()];
    const message = sampleMessage(mail);
    await one.publish([
      { message, delayMs: 0 },
      { message: { ...message, queue: print }, delayMs: 0 },
    ]);
    const held = await (await consumeInto(one, print, 1)).inbox.next();
    const settled = await (await consumeInto(other, mail, 1)).inbox.next();
    await settled.settle({ events: [] });
    const { inbox } = await consumeInto(other, print, 1);

    await one.close(0);
    const again = await inbox.next();

    expect([again.message.id, again.message.queue]).toEqual([held.message.id, print]);
    await again.settle({ events: [] });
  });

  test('what a closing broker leaves unsettled returns to its queue', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 2));
    const { inbox } = await consumeInto(broker, queue, 2);
    const ids = (await inbox.take(2)).map(({ message }) => message.id);
    await broker.close(0);

    const second = await consumeInto(await brokers.open(), queue, 2);
    const again = await second.inbox.take(2);

    expect(again.map(({ message }) => message.id).sort()).toEqual(ids.sort());
    expect(again.every(({ origin }) => origin === 'returned')).toBe(true);
    await Promise.all(again.map((delivery) => delivery.settle({ events: [] })));
  });

  test('what a killed process held is delivered to another one', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const batch = sampleBatch(queue, 3);
    const doomed = await brokers.consumeInProcess(queue, 3);
    await broker.publish(batch);
    await doomed.told.take(3);
    const { inbox } = await consumeInto(broker, queue, 3);

    await doomed.kill();
    const again = await inbox.take(3);

    expect(again.map(({ message }) => message.id).sort()).toEqual(
      batch.map(({ message }) => message.id).sort(),
    );
    expect(
      again.map(({ origin, returnCount, message: { attempt } }) => [origin, returnCount, attempt]),
    ).toEqual(batch.map(() => ['returned', 1, 1]));
    await Promise.all(again.map((delivery) => delivery.settle({ events: [] })));
  });

  test('several consumers share a queue, and none of its messages goes to two of them', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const queue = await brokers.openQueue();
    const batch = sampleBatch(queue, 200);
    const consumers = [await consumeInto(one, queue, 5), await consumeInto(other, queue, 5)];
    const seen: string[] = [];
    const drain = async ({ inbox }: (typeof consumers)[number]) => {
      while (seen.length < batch.length) {
        const delivery = await inbox.next();
        seen.push(delivery.message.id);
        await delivery.settle({ events: [] });
      }
    };

    await one.publish(batch);
    await Promise.race(consumers.map(drain));

    expect(seen.sort()).toEqual(batch.map(({ message }) => message.id).sort());
  });
}
