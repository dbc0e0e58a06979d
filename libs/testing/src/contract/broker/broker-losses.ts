import { type Broker, JOB_PRIORITIES } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleBatch, sampleMessage } from '../sample-job.ts';
import { type BrokerBench, consumeInto, type Link } from './broker-under-test.ts';

/** The promises about lost connections, for drivers that have connections to lose. */
export function describeBrokerLosses(bench: () => BrokerBench, link: () => Link): void {
  test('a subscription outlives lost connections', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const { inbox } = await consumeInto(broker, queue, 1);

    link().cut();
    const message = sampleMessage(queue);
    await untilDone(() => broker.publish([{ message, delayMs: 0 }]));
    const delivery = await inbox.next();

    expect(delivery.message.id).toBe(message.id);
    await delivery.settle({ events: [] });
  });

  test('a broker that has lost its connections is not up, until it has them again', async () => {
    await using brokers = bench();
    const broker = await brokers.open();

    await breakLink(link(), broker);
    link().refuse(false);

    await expect.poll(() => broker.status()).toEqual({ state: 'up' });
  });

  test('a delivery whose connection is gone comes again, once more unless it is settled here', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 2));
    const { inbox } = await consumeInto(broker, queue, 2);
    const [settled, unsettled] = await inbox.take(2);
    const wasLost = unsettled?.isLost();

    link().cut();
    await settled?.settle({ events: [] });
    const again = await inbox.next();

    expect(again.message.id).toBe(unsettled?.message.id);
    expect([wasLost, unsettled?.isLost(), again.isLost()]).toEqual([false, true, false]);
    expect(again.origin).toBe('returned');
    await again.settle({ events: [] });
    await expect.poll(() => broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
    expect(inbox.size()).toBe(0);
  });

  test('when a connection is lost, nothing is missing of what waited for a hand to be free, of whatever priority', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const messages = JOB_PRIORITIES.flatMap((priority) => [
      { ...sampleMessage(queue), priority },
      { ...sampleMessage(queue), priority },
    ]);
    await broker.publish(messages.map((message) => ({ message, delayMs: 0 })));
    const { inbox } = await consumeInto(broker, queue, 2);
    const inHand = await inbox.take(2);

    link().cut();
    const seen = new Set<string>();
    while (seen.size < messages.length) {
      const delivery = await inbox.next();
      await delivery.settle({ events: [] });
      seen.add(`${delivery.message.id} ${delivery.message.priority}`);
    }

    expect([...seen].sort()).toEqual(messages.map(({ id, priority }) => `${id} ${priority}`).sort());
    await Promise.all(inHand.map((delivery) => delivery.settle({ events: [] })));
    await expect.poll(() => broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
    expect(inbox.size()).toBe(0);
  });

  test('a delivery that came again is settled with the one before: whichever is settled first', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 5);
    const first = await inbox.next();
    link().cut();
    const again = await inbox.next();
    const retry = {
      successor: { kind: 'requeue', message: { ...first.message, attempt: 2 }, delayMs: 0 },
      events: [],
    } as const;

    await untilDone(() => first.settle(retry));
    await untilDone(() => again.settle(retry));
    first.release();
    again.release();

    const next = await inbox.next();
    expect(next.message.attempt).toBe(2);
    await next.settle({ events: [] });
    await broker.close(1_000);
    expect(await (await brokers.open()).inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
    expect(inbox.size()).toBe(0);
  });

  test('a settlement that could not be carried out is still open: repeated, it is carried out once', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    const next = { ...delivery.message, attempt: 2 };
    const settle = () =>
      delivery.settle({
        successor: { kind: 'requeue', message: next, delayMs: 0 },
        events: [],
      });

    await breakLink(link(), broker);
    await expect(settle()).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    link().refuse(false);
    await untilDone(settle);

    const retried = await inbox.next();
    expect(retried.message.attempt).toBe(2);
    await retried.settle({ events: [] });
    await expect.poll(() => broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
    expect(inbox.size()).toBe(0);
  });

  test('a subscription that is stopped while its connection is lost delivers nothing any more', async () => {
    await using brokers = bench();
    const [broker, other] = [await brokers.open(), await brokers.open()];
    const queue = await brokers.openQueue();
    const { inbox, subscription } = await consumeInto(broker, queue, 1);

    await breakLink(link(), broker);
    await subscription.stop();
    link().refuse(false);
    const message = sampleMessage(queue);
    await untilDone(() => other.publish([{ message, delayMs: 0 }]));
    const { inbox: others } = await consumeInto(other, queue, 1);
    const delivery = await others.next();

    expect(delivery.message.id).toBe(message.id);
    expect(inbox.size()).toBe(0);
    await delivery.settle({ events: [] });
  });
}

/** Resolves when the broker knows that its connections are gone; there are none until the link takes some again. */
async function breakLink(link: Link, broker: Broker): Promise<void> {
  link.refuse(true);
  link.cut();
  await expect.poll(() => broker.status().state).toBe('down');
}

/** Repeats what fails for want of a connection. */
async function untilDone(work: () => Promise<void>): Promise<void> {
  await expect.poll(() => work().then(() => 'done'), { timeout: 20_000, interval: 200 }).toBe('done');
}
