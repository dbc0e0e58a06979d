import { type JobEvent, knownEvents } from '@leveret/core';
import { expect, test } from 'vitest';
import { createInbox } from '../../inbox.ts';
import { awkwardText, sampleBatch, sampleMessage, started, succeeded, uniqueQueue } from '../sample-job.ts';
import { type BrokerBench, consumeInto, recordInto } from './broker-under-test.ts';

/** The promises about events. One recorder at a time works on a server, so each test takes over from the one before. */
export function describeBrokerEvents(bench: () => BrokerBench): void {
  test('events reach the recorder, those of one job in the order in which they were emitted', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox } = await recordInto(broker);
    const message = sampleMessage(uniqueQueue());
    const events = [started(message), ...progressOf(message), succeeded(message)];

    for (const event of events) await broker.emit([event]);

    expect(await inbox.take(events.length)).toEqual(events);
  });

  test('events that are told by settling reach the recorder', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const { inbox: recorded } = await recordInto(broker);
    const queue = await brokers.openQueue();
    await broker.publish(sampleBatch(queue, 1));
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();

    const line = { number: 1, at: 5, level: 'info', message: awkwardText } as const;
    const logged = { ...started(delivery.message), type: 'logged', bestEffort: true, lines: [line] } as const;
    await delivery.settle({ events: [logged, succeeded(delivery.message)] });

    expect(await recorded.take(2)).toMatchObject([{ type: 'logged' }, succeeded(delivery.message)]);
  });

  test('what is emitted reaches the recorder as it is: of whatever type, and with texts of every kind', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const message = sampleMessage(uniqueQueue());
    const strange = {
      ...started(message),
      type: 'of a newer version',
      workerId: awkwardText,
      result: { [awkwardText]: awkwardText },
    };
    const received = createInbox<unknown>();
    const subscription = await broker.recordEvents(async (entries) => entries.forEach(received.put));

    await broker.emit([strange as unknown as JobEvent]);

    expect(await received.next()).toEqual(strange);
    await subscription.stop();
  });

  test('events that wait for a recorder are counted', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const message = sampleMessage(uniqueQueue());
    for (let n = 0; n < 3; n += 1) await broker.emit([started(message)]);

    await expect.poll(() => broker.inspectEvents(), { timeout: 5_000 }).toBe(3);
    const { inbox } = await recordInto(broker);
    await inbox.take(3);

    await expect.poll(() => broker.inspectEvents(), { timeout: 5_000 }).toBe(0);
  });

  test('a batch that a recorder could not write is given again', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const message = sampleMessage(uniqueQueue());
    const batches = createInbox<readonly JobEvent[]>();
    let failures = 2;
    await broker.recordEvents(async (entries) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the ledger is away');
      batches.put(knownEvents(entries));
    });

    await broker.emit([started(message)]);

    expect(await batches.next()).toEqual([started(message)]);
    expect(failures).toBe(-1);
  });

  test('one recorder at a time is active, and when it stops the next one takes over', async () => {
    await using brokers = bench();
    const [one, other] = [await brokers.open(), await brokers.open()];
    const first = await recordInto(one);
    const message = sampleMessage(uniqueQueue());
    await one.emit([started(message)]);
    await first.inbox.next();
    const second = await recordInto(other);

    await other.emit(progressOf(message));
    expect(await first.inbox.take(3)).toEqual(progressOf(message));
    expect(second.inbox.size()).toBe(0);

    await first.subscription.stop();
    await first.subscription.stop();
    await one.emit([succeeded(message)]);
    expect(await second.inbox.next()).toEqual(succeeded(message));
    expect(first.inbox.size()).toBe(0);
  });

  test('what a killed recorder had in hand is given to the next one', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const message = sampleMessage(uniqueQueue());
    const doomed = await brokers.recordInProcess();
    await broker.emit([started(message)]);
    expect(await doomed.told.next()).toBe(message.id);
    const { inbox } = await recordInto(broker);

    await doomed.kill();

    expect(await inbox.next()).toEqual(started(message));
  });
}

function progressOf(message: ReturnType<typeof sampleMessage>): readonly JobEvent[] {
  const { workerId: _worker, ...base } = { ...started(message), workerId: '' };
  return [0.25, 0.5, 0.75].map((progress) => ({ ...base, type: 'progress', progress }));
}
