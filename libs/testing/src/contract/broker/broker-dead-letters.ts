import {
  type Broker,
  type DeadLetter,
  encodePayload,
  type JobMessage,
  MAX_PAYLOAD_BYTES,
} from '@leveret/core';
import { expect, test } from 'vitest';
import { createInbox } from '../../inbox.ts';
import { sampleMessage, uniqueQueue } from '../sample-job.ts';
import { type BrokerBench, consumeInto, type Link } from './broker-under-test.ts';

const failure = {
  code: 'HANDLER_FAILED',
  message: 'disk full',
  name: 'DiskError',
  stack: 'at handler (a.js:1:1)',
  errorCode: 'ENOSPC',
} as const;

/** The promises about dead letters that leave the broker. */
export function describeBrokerDeadLetters(bench: () => BrokerBench): void {
  test('a dead letter is handed over whole, and leaves the broker when its batch has resolved', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message: JobMessage = {
      ...sampleMessage(queue),
      priority: 'high',
      attempt: 3,
      maxAttempts: 7,
      generation: 2,
      crashes: 1,
      snoozes: 2,
      headers: { traceparent: 't' },
      body: encodePayload({ text: 'ünïcode' }),
    };
    await deadLetter(broker, [message]);

    const { inbox } = await takeInto(broker, queue);
    const letter = await inbox.next();

    expect({ ...letter.message, body: [...letter.message.body] }).toEqual({
      ...message,
      body: [...message.body],
    });
    expect(letter).toMatchObject({ failure });
    expect(letter).not.toHaveProperty('defect');
    expect(letter.properties).toContain(message.id);
    await expect.poll(() => broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
  });

  test('dead letters that were there and those that come are handed over, of that queue alone', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const [queue, other] = [await brokers.openQueue(), await brokers.openQueue()];
    const [before, after] = [sampleMessage(queue), sampleMessage(queue)];
    await deadLetter(broker, [before, sampleMessage(other)]);

    const { inbox } = await takeInto(broker, queue);
    const first = await inbox.next();
    await deadLetter(broker, [after]);
    const second = await inbox.next();

    expect([first, second].map(({ message }) => message.id)).toEqual([before.id, after.id]);
    await expect.poll(() => broker.inspect([queue, other])).toMatchObject([{ dead: 0 }, { dead: 1 }]);
  });

  test('a batch that could not be stored is handed over again, as returned', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = sampleMessage(queue);
    await deadLetter(broker, [message]);
    const letters = createInbox<DeadLetter>();
    let failures = 2;

    await broker.takeDeadLetters(queue, async (batch) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the ledger is away');
      batch.forEach(letters.put);
    });

    expect(await letters.next()).toMatchObject({ message: { id: message.id }, isReturned: true });
    expect(failures).toBe(-1);
    await expect.poll(() => broker.inspect([queue])).toMatchObject([{ dead: 0 }]);
  });

  test('what a killed process had in hand is handed to the next one, as returned, and with the same properties', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const messages = [sampleMessage(queue), sampleMessage(queue)];
    await deadLetter(broker, messages);
    const doomed = await brokers.takeDeadLettersInProcess(queue);
    const told = await doomed.told.next();

    await doomed.kill();
    const { inbox } = await takeInto(broker, queue);
    const again = await inbox.take(2);

    expect(again.map(({ message }) => message.id).sort()).toEqual(messages.map(({ id }) => id).sort());
    expect(again.find(({ properties }) => properties === told)).toMatchObject({ isReturned: true });
    await expect.poll(() => broker.inspect([queue])).toMatchObject([{ dead: 0 }]);
  });

  test('of two that take at the same time, each dead letter reaches at least one, and none is left', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const queue = await brokers.openQueue();
    const messages = Array.from({ length: 120 }, () => sampleMessage(queue));
    const seen = new Set<string>();
    const note = async (letters: readonly DeadLetter[]) => {
      for (const { message } of letters) seen.add(message.id);
    };
    await one.takeDeadLetters(queue, note);
    const second = await other.takeDeadLetters(queue, note);

    await deadLetter(one, messages.slice(0, 60));
    await expect.poll(() => seen.size).toBe(60);
    await second.stop();
    await deadLetter(one, messages.slice(60));

    await expect.poll(() => seen.size).toBe(120);
    await expect.poll(() => one.inspect([queue])).toMatchObject([{ dead: 0 }]);
  });

  test('bodies of the largest size come as they are', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const bodies = [1, 2, 3].map((fill) => new Uint8Array(MAX_PAYLOAD_BYTES).fill(fill));
    await deadLetter(
      broker,
      bodies.map((body) => ({ ...sampleMessage(queue), body })),
    );

    const { inbox } = await takeInto(broker, queue);
    const letters = await inbox.take(3);

    const sorted = letters.map(({ message }) => Buffer.from(message.body)).sort(Buffer.compare);
    expect(sorted.every((body, index) => body.equals(bodies[index] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('once stopped, nothing is handed over, and what there is stays', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const { inbox, subscription } = await takeInto(broker, queue);

    await subscription.stop();
    await subscription.stop();
    await deadLetter(broker, [sampleMessage(queue)]);
    const { inbox: next } = await takeInto(broker, queue);
    await next.next();

    expect(inbox.size()).toBe(0);
  });

  test('of a queue that does not exist nothing is handed over, and it is not declared', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = uniqueQueue();

    const { inbox, subscription } = await takeInto(broker, queue);
    await subscription.stop();

    expect(inbox.size()).toBe(0);
    expect(await broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
  });

  test('a closed broker hands over nothing', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    await broker.close(100);

    await expect(takeInto(broker, uniqueQueue())).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    const taking = broker.takeUnroutable(async () => undefined);
    await expect(taking).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  });

  test('jobs arrive beside a taker of unroutable messages, delayed or not', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const taking = await broker.takeUnroutable(async () => undefined);

    const [message, delayed] = [sampleMessage(queue), sampleMessage(queue)];
    await broker.publish([
      { message, delayMs: 0 },
      { message: delayed, delayMs: 100 },
    ]);
    const { inbox } = await consumeInto(broker, queue, 2);
    const arrived = await inbox.take(2);

    await taking.stop();
    await taking.stop();
    expect(arrived.map((delivery) => delivery.message.id).sort()).toEqual([message.id, delayed.id].sort());
  });
}

/** The promises about dead letters for drivers that can lose their connection. */
export function describeBrokerDeadLetterLosses(bench: () => BrokerBench, link: () => Link): void {
  test('dead letters are handed over again after lost connections, and those that came meanwhile too', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const [first, second] = [sampleMessage(queue), sampleMessage(queue)];
    await deadLetter(broker, [first, second]);
    const letters = createInbox<DeadLetter>();
    let isCut = false;

    await broker.takeDeadLetters(queue, async (batch) => {
      if (!isCut) {
        isCut = true;
        link().cut();
        throw new Error('the ledger is away');
      }
      batch.forEach(letters.put);
    });
    const taken = await letters.take(2);

    expect(taken.map(({ message }) => message.id).sort()).toEqual([first.id, second.id].sort());
    await expect.poll(() => broker.inspect([queue]).catch(() => undefined)).toMatchObject([{ dead: 0 }]);
  });
}

/** Publishes messages and dead-letters them. */
async function deadLetter(broker: Broker, messages: readonly JobMessage[]): Promise<void> {
  const queues = [...new Set(messages.map(({ queue }) => queue))];
  await broker.publish(messages.map((message) => ({ message, delayMs: 0 })));
  for (const queue of queues) {
    const { inbox, subscription } = await consumeInto(broker, queue, messages.length);
    for (const { message, settle } of await inbox.take(messages.filter((one) => one.queue === queue).length))
      await settle({ successor: { kind: 'dead-letter', message, failure }, events: [] });
    await subscription.stop();
  }
}

/** Takes the dead letters of a queue into an inbox, one at a time. */
async function takeInto(broker: Broker, queue: string) {
  const inbox = createInbox<DeadLetter>();
  const subscription = await broker.takeDeadLetters(queue, async (letters) => letters.forEach(inbox.put));
  return { inbox, subscription };
}
