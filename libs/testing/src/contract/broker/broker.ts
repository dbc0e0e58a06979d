import { systemClock } from '@leveret/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleBatch, sampleMessage, uniqueQueue } from '../sample-job.ts';
import { describeBrokerEvents } from './broker-events.ts';
import { describeBrokerLanes } from './broker-lanes.ts';
import { describeBrokerLive, describeBrokerLiveLosses } from './broker-live.ts';
import { describeBrokerLosses } from './broker-losses.ts';
import { describeBrokerRepetition } from './broker-repetition.ts';
import { describeBrokerSettlement } from './broker-settlement.ts';
import { describeBrokerTexts } from './broker-texts.ts';
import { type BrokerUnderTest, consumeInto, createBrokerBench, type Link } from './broker-under-test.ts';

/** What not every driver has. */
export interface BrokerAbilities {
  /** It has connections to lose, and {@link BrokerUnderTest.link}. */
  readonly hasConnections: boolean;
}

/** Holds a driver to the `Broker` port: one test per promise, on the real server that `start` provides. */
export function describeBrokerContract(
  name: string,
  start: () => Promise<BrokerUnderTest>,
  { hasConnections }: BrokerAbilities = { hasConnections: false },
): void {
  describe(`${name} keeps the promises of a broker`, () => {
    let harness: BrokerUnderTest;
    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterAll(async () => {
      await harness.dispose();
    });
    const bench = () => createBrokerBench(harness);

    describePublishing(bench);
    describeBrokerRepetition(bench);
    describeConsuming(bench);
    describeBrokerSettlement(bench, (queue) => harness.deadLetters(queue));
    describeBrokerTexts(bench, (queue) => harness.deadLetters(queue));
    describeBrokerLanes(bench, (queue) => harness.deadLetters(queue));
    describeBrokerEvents(bench);
    describeBrokerLive(bench);
    if (hasConnections) {
      describeBrokerLosses(bench, () => linkOf(harness));
      describeBrokerLiveLosses(bench, () => linkOf(harness));
    }
  });
}

function linkOf({ link }: BrokerUnderTest): Link {
  if (link === undefined) throw new TypeError('a driver that has connections comes with a link');
  return link;
}

type MakeBench = () => ReturnType<typeof createBrokerBench>;

function describePublishing(bench: MakeBench): void {
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

function describeConsuming(bench: MakeBench): void {
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
