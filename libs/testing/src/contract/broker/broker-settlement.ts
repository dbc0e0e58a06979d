import {
  knownEvents,
  type QueueCounts,
  readHistory,
  splitParent,
  systemClock,
  withFailure,
  withParent,
} from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleBatch, sampleMessage, succeeded } from '../sample-job.ts';
import { type BrokerBench, type BrokerUnderTest, consumeInto, freshId } from './broker-under-test.ts';

/** The promises about settling a delivery. */
export function describeBrokerSettlement(
  bench: () => BrokerBench,
  deadLetters: BrokerUnderTest['deadLetters'],
): void {
  test('a delivery settles once: a second settle and a late release change nothing', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    const next = { ...delivery.message, attempt: 2 };

    await Promise.all([
      delivery.settle({ successor: { kind: 'requeue', message: next, delayMs: 0 }, events: [] }),
      delivery.settle({ successor: { kind: 'requeue', message: next, delayMs: 0 }, events: [] }),
    ]);
    await delivery.settle({ successor: { kind: 'requeue', message: next, delayMs: 0 }, events: [] });
    delivery.release();
    const retried = await inbox.next();
    await retried.settle({ events: [] });
    await broker.close(1_000);

    const [counts] = await (await brokers.open()).inspect([queue]);
    expect(retried.message.attempt).toBe(2);
    expect(counts).toEqual({ queue, ready: 0, dead: 0 });
  });

  test('the successor is durable before the events, and the delivery is acknowledged after them', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const seen: (QueueCounts | undefined)[] = [];
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const subscription = await broker.recordEvents(async (entries) => {
      if (!knownEvents(entries).some(({ jobId }) => jobId === delivery.message.id)) return;
      seen.push(...(await broker.inspect([queue])));
      tell();
    });

    await delivery.settle({
      successor: { kind: 'requeue', message: { ...delivery.message, attempt: 2 }, delayMs: 0 },
      events: [succeeded(delivery.message)],
    });
    await told;
    const next = await inbox.next();

    // It waits, or it is in hand already: either way it was there when the event was.
    expect([seen[0]?.ready, inbox.size()]).toEqual([seen[0]?.ready === 1 ? 1 : 0, 0]);
    expect(next.message.attempt).toBe(2);
    await next.settle({ events: [] });
    await subscription.stop();
  });

  test('closing waits for a settlement under way', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();

    const settling = delivery.settle({
      successor: { kind: 'requeue', message: { ...delivery.message, attempt: 2 }, delayMs: 0 },
      events: [],
    });
    await broker.close(5_000);
    await settling;
    const { inbox: left } = await consumeInto(await brokers.open(), queue, 5);
    const next = await left.next();

    expect(next.message.attempt).toBe(2);
    await next.settle({ events: [] });
    expect(left.size()).toBe(0);
  });

  test('a settle after release does nothing', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();

    delivery.release();
    await delivery.settle({ events: [] });
    const again = await inbox.next();

    expect(again.message.id).toBe(delivery.message.id);
    await again.settle({ events: [] });
  });

  test('one slow job does not hold the acknowledgements of a thousand fast ones', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1_001));
    const { inbox } = await consumeInto(broker, queue, 1_001);
    const [slow, ...fast] = await inbox.take(1_001);
    await Promise.all(fast.map((delivery) => delivery.settle({ events: [] })));
    await broker.close(1_000);

    const second = await brokers.open();
    const [counts] = await second.inspect([queue]);
    const { inbox: left } = await consumeInto(second, queue, 10);
    const again = await left.next();

    expect(counts?.ready).toBe(1);
    expect(again.message.id).toBe(slow?.message.id);
    await again.settle({ events: [] });
  });

  test('a retry takes the place of its delivery, no earlier than its delay, with the payload untouched', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = { ...sampleMessage(queue, { text: 'ünïcode' }), headers: { tracestate: 'a=b' } };
    await broker.publish([{ message, delayMs: 0 }]);
    const { inbox } = await consumeInto(broker, queue, 1);
    const first = await inbox.next();

    const settledAt = systemClock.monotonic();
    await first.settle({
      successor: { kind: 'requeue', message: { ...first.message, attempt: 2 }, delayMs: 300 },
      events: [],
    });
    const second = await inbox.next();
    const waitedMs = systemClock.monotonic() - settledAt;

    expect(waitedMs).toBeGreaterThanOrEqual(300);
    expect({ ...second.message, body: [...second.message.body] }).toEqual({
      ...message,
      attempt: 2,
      body: [...message.body],
    });
    await second.settle({ events: [] });
  });

  test.each([0, 100])(
    'its parent, and what a job is charged with and has failed of, go along, into its dead letter too: after %i ms',
    async (delayMs) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      const crash = { code: 'WORKER_CRASHED', message: 'was killed by SIGSEGV: "✗"' } as const;
      const parentId = freshId();
      const message = { ...sampleMessage(queue), headers: withParent({}, parentId) };
      await broker.publish([{ message, delayMs: 0 }]);
      const { inbox } = await consumeInto(broker, queue, 1);
      const first = await inbox.next();
      const charged = { ...withFailure(first.message, crash, 1_700_000_000_456), crashes: 2 };

      await first.settle({ successor: { kind: 'requeue', message: charged, delayMs }, events: [] });
      const second = await inbox.next();
      await second.settle({
        successor: { kind: 'dead-letter', message: second.message, failure: crash },
        events: [],
      });
      await broker.close(1_000);

      const history = [{ attempt: 1, at: 1_700_000_000_456, ...crash }];
      const [kept] = await deadLetters(queue);
      expect([second.message.attempt, second.message.crashes]).toEqual([1, 2]);
      expect(readHistory(second.message.headers)).toEqual(history);
      expect(kept?.crashes).toBe(2);
      expect(readHistory(kept?.headers ?? {})).toEqual(history);
      for (const { headers = {} } of [first.message, second.message, kept ?? {}])
        expect(splitParent(headers).parentId).toBe(parentId);
    },
  );

  test.each([0, 100])(
    'attempts go on counting, and how many a job gets goes along, into its dead letter too: after %i ms',
    async (delayMs) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
      const given = { ...sampleMessage(queue), attempt: 19, maxAttempts: 36 };
      await broker.publish([{ message: given, delayMs }]);
      const { inbox } = await consumeInto(broker, queue, 1);
      const first = await inbox.next();

      const next = { ...first.message, attempt: 20 };
      await first.settle({ successor: { kind: 'requeue', message: next, delayMs }, events: [] });
      const second = await inbox.next();
      const successor = { kind: 'dead-letter', message: second.message, failure } as const;
      await second.settle({ successor, events: [] });
      await broker.close(1_000);

      const [kept] = await deadLetters(queue);
      expect([first, second].map(({ message }) => [message.attempt, message.maxAttempts])).toEqual([
        [19, 36],
        [20, 36],
      ]);
      expect(kept?.maxAttempts).toBe(36);
    },
  );

  test.each([0, 100])(
    'a job that is snoozed comes back as the same attempt, time and again, and its count and generation go along: after %i ms',
    async (delayMs) => {
      await using brokers = bench();
      const broker = await brokers.open();
      const queue = await brokers.openQueue();
      const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
      const message = { ...sampleMessage(queue), generation: 2 };
      await broker.publish([{ message, delayMs: 0 }]);
      const { inbox } = await consumeInto(broker, queue, 1);

      for (let snoozes = 0; snoozes < 3; snoozes += 1) {
        const { message, settle } = await inbox.next();
        expect([message.attempt, message.snoozes, message.generation]).toEqual([1, snoozes, 2]);
        const next = { ...message, snoozes: snoozes + 1 };
        await settle({ successor: { kind: 'requeue', message: next, delayMs }, events: [] });
      }
      const last = await inbox.next();
      await last.settle({
        successor: { kind: 'dead-letter', message: last.message, failure },
        events: [],
      });
      await broker.close(1_000);

      const [kept] = await deadLetters(queue);
      expect(kept).toMatchObject({ snoozes: 3, generation: 2 });
    },
  );

  test('a message can be retried many times: what the broker adds on the way is never sent back to it', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);

    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const { message, settle } = await inbox.next();
      expect([message.attempt, message.headers]).toEqual([attempt, {}]);
      await settle({
        successor: { kind: 'requeue', message: { ...message, attempt: attempt + 1 }, delayMs: 100 },
        events: [],
      });
    }

    const last = await inbox.next();
    expect(last.message.attempt).toBe(6);
    await last.settle({ events: [] });
  });

  test('a dead letter is kept with its reason and its payload as it was', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = { ...sampleMessage(queue), body: Uint8Array.of(0xff, 0x00, 0x7b) };
    await broker.publish([{ message, delayMs: 0 }]);
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    const cause = { name: 'Error', message: 'écrire', stack: 'at write (b.js:2:1)', code: 'ENOSPC' };
    const failure = {
      code: 'HANDLER_FAILED',
      message: 'disk full: "/søndag" ✗',
      name: 'DiskError',
      stack: 'at handler (a.js:1:1)\nat run (a.js:9:1)',
      causes: [cause, { name: 'Error', message: '' }],
      errorCode: 'ENOSPC',
    } as const;

    await delivery.settle({
      successor: { kind: 'dead-letter', message: delivery.message, failure },
      events: [],
    });
    await broker.close(1_000);

    const [counts] = await (await brokers.open()).inspect([queue]);
    const kept = await deadLetters(queue);
    expect(counts).toEqual({ queue, ready: 0, dead: 1 });
    expect(kept.map(({ id, body, failure }) => ({ id, body: [...body], failure }))).toEqual([
      { id: message.id, body: [0xff, 0x00, 0x7b], failure },
    ]);
  });
}
