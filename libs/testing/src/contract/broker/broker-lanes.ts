import {
  type Delivery,
  JOB_PRIORITIES,
  type JobPriority,
  type OutgoingMessage,
  systemClock,
} from '@leveret/core';
import { expect, test } from 'vitest';
import type { Inbox } from '../../inbox.ts';
import { sampleMessage } from '../sample-job.ts';
import { type BrokerBench, type BrokerUnderTest, consumeInto } from './broker-under-test.ts';

/** Of 21 turns, with jobs waiting in all lanes. */
const TURNS = { high: 16, normal: 4, low: 1 } as const;

/** The promises about priorities. */
export function describeBrokerLanes(
  bench: () => BrokerBench,
  deadLetters: BrokerUnderTest['deadLetters'],
): void {
  test('an urgent job overtakes a backlog of normal ones that wait already', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(batchOf(queue, 'normal', 20));
    const { inbox } = await consumeInto(broker, queue, 1);
    const first = await inbox.next();

    await broker.publish(batchOf(queue, 'high', 1));
    await first.settle({ events: [] });
    const next = await settleNext(inbox, 2);

    expect(next.map(({ message }) => message.priority)).toContain('high');
    expect(first.message.priority).toBe('normal');
  });

  test.each([1, 3, 10])(
    'with jobs of all priorities waiting and a prefetch of %i, urgent ones come most often and the others are not forgotten',
    async (prefetch) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      // Enough of each, however late the first delivery of another lane comes.
      const counts = { high: 1_000, normal: 300, low: 100 };
      await broker.publish(JOB_PRIORITIES.flatMap((priority) => batchOf(queue, priority, counts[priority])));
      const { inbox } = await consumeInto(broker, queue, prefetch);

      await settleUntilAllAreSeen(inbox);
      const seen = await settleNext(inbox, 63);

      const countOf = (lane: JobPriority) => seen.filter(({ message }) => message.priority === lane).length;
      for (const lane of JOB_PRIORITIES)
        expect(Math.abs(countOf(lane) - 3 * TURNS[lane]), lane).toBeLessThanOrEqual(prefetch + 4);
      expect(countOf('low')).toBeGreaterThan(0);
    },
  );

  test.each(JOB_PRIORITIES)('a lane with nothing beside it has everything: %s', async (priority) => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(batchOf(queue, priority, 5));

    const { inbox } = await consumeInto(broker, queue, 5);
    const deliveries = await inbox.take(5);

    expect(deliveries.map(({ message }) => message.priority)).toEqual(Array(5).fill(priority));
    await Promise.all(deliveries.map((delivery) => delivery.settle({ events: [] })));
  });

  test('prefetch holds for the jobs of all priorities together', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(JOB_PRIORITIES.flatMap((priority) => batchOf(queue, priority, 10)));
    let most = 0;

    const { inbox } = await consumeInto(broker, queue, 3);
    for (let left = 30; left > 0; left -= 3) {
      const deliveries = await inbox.take(3);
      most = Math.max(most, deliveries.length + inbox.size());
      await Promise.all(deliveries.map((delivery) => delivery.settle({ events: [] })));
    }

    expect(most).toBe(3);
  });

  test.each(JOB_PRIORITIES)(
    'a retry, a delayed job and one given back keep their priority: %s',
    async (priority) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      const message = { ...sampleMessage(queue), priority };
      await broker.publish([{ message, delayMs: 100 }]);
      const { inbox } = await consumeInto(broker, queue, 1);

      const delayed = await inbox.next();
      const retry = (delayMs: number) =>
        ({ kind: 'requeue', message: { ...message, attempt: 2 }, delayMs }) as const;
      await delayed.settle({ successor: retry(100), events: [] });
      const late = await inbox.next();
      await late.settle({ successor: retry(0), events: [] });
      const soon = await inbox.next();
      soon.release();
      const again = await inbox.next();

      const priorities = [delayed, late, soon, again].map((delivery) => delivery.message.priority);
      expect(priorities).toEqual(Array(4).fill(priority));
      await again.settle({ events: [] });
    },
  );

  test.each(JOB_PRIORITIES)('a dead letter keeps the priority of its job: %s', async (priority) => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = { ...sampleMessage(queue), priority };
    await broker.publish([{ message, delayMs: 0 }]);
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;

    await delivery.settle({
      successor: { kind: 'dead-letter', message: delivery.message, failure },
      events: [],
    });

    expect(await broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 1 }]);
    expect(await deadLetters(queue)).toMatchObject([{ id: message.id, priority, failure }]);
  });

  test('a queue holds what waits in all its lanes, and what a stopped consumer was not given is among that', async () => {
    await using brokers = bench();
    const [broker, other] = [await brokers.open(), await brokers.open()];
    const queue = await brokers.openQueue();
    await broker.publish(JOB_PRIORITIES.flatMap((priority) => batchOf(queue, priority, 4)));
    expect(await broker.inspect([queue])).toEqual([{ queue, ready: 12, dead: 0 }]);

    const { inbox, subscription } = await consumeInto(broker, queue, 2);
    const inHand = await inbox.take(2);
    await subscription.stop();

    await expect.poll(() => other.inspect([queue])).toEqual([{ queue, ready: 10, dead: 0 }]);
    expect(inbox.size()).toBe(0);
    await Promise.all(inHand.map((delivery) => delivery.settle({ events: [] })));
  });

  test('closing returns the jobs of all priorities, uncharged', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const batch = JOB_PRIORITIES.flatMap((priority) => batchOf(queue, priority, 4));
    await broker.publish(batch);
    const { inbox } = await consumeInto(broker, queue, 2);
    await inbox.take(2);

    await broker.close(0);
    const { inbox: left } = await consumeInto(await brokers.open(), queue, 12);
    const again = await left.take(12);

    const told = ({ message: { id, priority, attempt } }: Pick<OutgoingMessage, 'message'>) =>
      `${id} ${priority} ${attempt}`;
    expect(again.map(told).sort()).toEqual(batch.map(told).sort());
    await Promise.all(again.map((delivery) => delivery.settle({ events: [] })));
  });

  test.each(JOB_PRIORITIES)(
    'a consumer with its hands full holds no %s job back from one that has a hand free',
    async (priority) => {
      await using brokers = bench();
      const [busy, idle] = [await brokers.open(), await brokers.open()];
      const queue = await brokers.openQueue();
      await busy.publish(batchOf(queue, priority === 'low' ? 'high' : 'low', 1));
      const { inbox: full } = await consumeInto(busy, queue, 1);
      const slow = await full.next();
      const [late] = batchOf(queue, priority, 1);
      await busy.publish(late === undefined ? [] : [late]);
      const publishedAt = systemClock.monotonic();

      const { inbox } = await consumeInto(idle, queue, 1);
      const found = await inbox.next();

      expect(found.message.id).toBe(late?.message.id);
      expect(found.message.attempt).toBe(1);
      expect(systemClock.monotonic() - publishedAt).toBeLessThan(15_000);
      await Promise.all([slow.settle({ events: [] }), found.settle({ events: [] })]);
    },
  );
}

/** Lanes may begin to deliver one after the other. */
async function settleUntilAllAreSeen(inbox: Inbox<Delivery>): Promise<void> {
  const unseen = new Set<JobPriority>(JOB_PRIORITIES);
  while (unseen.size > 0) {
    const [delivery] = await settleNext(inbox, 1);
    if (delivery !== undefined) unseen.delete(delivery.message.priority);
  }
}

/** Takes so many deliveries, and settles each before the next. */
async function settleNext(inbox: Inbox<Delivery>, count: number): Promise<readonly Delivery[]> {
  const settled: Delivery[] = [];
  while (settled.length < count) {
    const delivery = await inbox.next();
    await delivery.settle({ events: [] });
    settled.push(delivery);
  }
  return settled;
}

function batchOf(queue: string, priority: JobPriority, count: number): readonly OutgoingMessage[] {
  return Array.from({ length: count }, () => ({
    message: { ...sampleMessage(queue), priority },
    delayMs: 0,
  }));
}
