import {
  type JobMessage,
  type JobReader,
  type JobStore,
  MAX_RATE_SLICES,
  type QueueRates,
  type RecordableEvent,
  type SliceMs,
} from '@leveret/core';
import { createManualClock, type ManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded, uniqueQueue } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

const HOUR_MS = 3_600_000;
const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
const NOTHING = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

/** Holds a driver to the promises about rates, in a ledger of its own. */
export function describeRates(start: () => Promise<JobStoreUnderTest>): void {
  /** It shows the beginning of a minute. */
  const clock: ManualClock = createManualClock(1_700_000_040_000);
  let harness: JobStoreUnderTest;
  let store: JobStore;
  let reader: JobReader;
  beforeAll(async () => {
    harness = await start();
    store = await harness.open(clock);
    reader = await harness.openReader();
  });
  afterAll(async () => {
    await reader.close();
    await store.close();
    await harness.dispose();
  });

  /** Until now has been counted when it is written a second later. */
  async function writeCounts(ledger = store): Promise<void> {
    await clock.advance(1_000);
    await ledger.accept([sampleEntry(sampleMessage('other'))]);
  }

  async function ratesOf(queue: string, since: number, sliceMs: SliceMs = 10_000) {
    await writeCounts();
    const { queues } = await reader.activity.rates({ queue, since, sliceMs });
    return queues[0];
  }

  async function beginSlice(): Promise<number> {
    await clock.advance(60_000 - (clock.now() % 60_000));
    return clock.now();
  }

  async function accepted(over: Partial<JobMessage> = {}): Promise<JobMessage> {
    const message = { ...sampleMessage(uniqueQueue()), ...over };
    await store.accept([sampleEntry(message)]);
    return message;
  }

  function retried(message: JobMessage, at: number): RecordableEvent {
    const { type: _type, ...base } = started(message);
    return { ...base, type: 'retried', failure, delayMs: 100, at };
  }

  test('jobs that come in and end, failed attempts, and how long attempts waited and ran are counted', async () => {
    const since = await beginSlice();
    const message = await accepted();
    const { queue, createdAt } = message;
    const second = { ...message, attempt: 2 };

    await store.apply([
      { ...started(message), at: createdAt + 8 },
      retried(message, createdAt + 20),
      { ...started(second), at: createdAt + 20 + 100 + 3 },
      { ...succeeded(second), startedAt: createdAt + 123, at: createdAt + 124 },
    ]);

    const rate = { ...NOTHING, in: 1, succeeded: 1, failedAttempts: 1 };
    const total = {
      ...rate,
      queueWait: { count: 2, p50Ms: 3, p95Ms: 8, p99Ms: 8 },
      run: { count: 2, p50Ms: 1, p95Ms: 12, p99Ms: 12 },
    };
    const slices = [{ startAt: since, ...total }];
    expect(await ratesOf(queue, since)).toEqual({
      queue,
      total,
      slices,
      kinds: [{ kind: message.kind, total, slices }],
    } satisfies QueueRates);
  });

  test('each slice has what was recorded in it, whatever the clocks of workers say', async () => {
    const since = await beginSlice();
    const message = await accepted();
    await clock.advance(10_000);
    await store.apply([{ ...started(message), at: message.createdAt - HOUR_MS }]);
    await clock.advance(15_000);
    await store.apply([{ ...succeeded(message), at: message.createdAt + 9 * HOUR_MS }]);
    await clock.advance(40_000);
    await store.apply([succeeded(await accepted({ queue: message.queue }))]);

    const [short, long] = [await ratesOf(message.queue, since), await ratesOf(message.queue, since, 60_000)];

    const startedAt = (slices: QueueRates['slices'] = []) => slices.map(({ startAt }) => startAt - since);
    expect(startedAt(short?.slices)).toEqual([0, 10_000, 20_000, 60_000]);
    expect(short?.slices).toMatchObject([
      { in: 1 },
      { queueWait: { count: 1 } },
      { succeeded: 1 },
      { in: 1 },
    ]);
    expect(startedAt(long?.slices)).toEqual([0, 60_000]);
    expect(long?.slices).toMatchObject([
      { in: 1, succeeded: 1 },
      { in: 1, succeeded: 1 },
    ]);
    expect(long?.total).toEqual(short?.total);
  });

  test('what is recorded again, and an acceptance that comes late, is counted once', async () => {
    const since = await beginSlice();
    const message = sampleMessage(uniqueQueue());
    const entry = { ...sampleEntry(message), isIdGiven: true };
    await store.apply([started(message)]);
    await store.accept([entry]);
    await store.accept([entry]);
    for (let time = 0; time < 2; time += 1) await store.apply([started(message), succeeded(message)]);

    const rates = await ratesOf(message.queue, since);

    expect(rates?.total).toMatchObject({ in: 1, succeeded: 1, run: { count: 1 } });
    expect(rates?.total.queueWait).toBeUndefined();
  });

  test('a job that only an event knows to be accepted comes in', async () => {
    const since = await beginSlice();
    const message = sampleMessage(uniqueQueue());
    const { type: _type, workerId: _worker, ...base } = started(message);
    const event = { ...base, type: 'accepted', payload: 'work', delayMs: 0 } as const;

    await store.apply([event]);
    await store.apply([event]);

    expect((await ratesOf(message.queue, since))?.total).toEqual({ ...NOTHING, in: 1 });
  });

  test('dead and cancelled jobs are counted apart, and a job that is retried comes in again', async () => {
    const since = await beginSlice();
    const message = await accepted();
    const { type: _type, ...base } = started(message);
    await store.apply([{ ...base, type: 'dead-lettered', failure }]);
    const request = { jobId: message.id, by: 'ann' };
    await store.control([{ ...request, action: 'discard' }]);
    await store.control([{ ...request, action: 'restore' }]);
    await store.control([{ ...request, action: 'retry' }]);
    await store.control([{ ...request, action: 'cancel' }]);

    expect((await ratesOf(message.queue, since))?.total).toEqual({
      ...NOTHING,
      ...{ in: 2, cancelled: 1, dead: 1, failedAttempts: 1 },
    });
  });

  test('a dead letter that the broker made counts as a dead job', async () => {
    const since = await beginSlice();
    const message = await accepted();
    const letter = {
      message,
      failure: { ...failure, code: 'DELIVERY_LIMIT' },
      isReturned: false,
      properties: '{}',
    } as const;

    for (let time = 0; time < 2; time += 1) await store.keepDeadLetters([letter], clock.now());

    expect((await ratesOf(message.queue, since))?.total).toEqual({ ...NOTHING, in: 1, dead: 1 });
  });

  test('a queue has the sum of its kinds, and what is not asked for is left out', async () => {
    const since = await beginSlice();
    const { queue } = await accepted({ kind: 'mail.send' });
    await accepted({ queue, kind: 'mail.digest' });
    await accepted({ queue, kind: 'mailing' });
    await accepted();

    const rates = await ratesOf(queue, since);
    const request = { since, sliceMs: 10_000 } as const;
    const { queues } = await reader.activity.rates({ ...request, kind: { name: 'mail.', isPrefix: true } });

    expect(rates?.total).toEqual({ ...NOTHING, in: 3 });
    expect(rates?.kinds.map(({ kind }) => kind)).toEqual(['mail.digest', 'mail.send', 'mailing']);
    expect(queues).toMatchObject([
      { queue, total: { in: 2 }, kinds: [{ kind: 'mail.digest' }, { kind: 'mail.send' }] },
    ]);
  });

  test('what several ledgers count is added up', async () => {
    const since = await beginSlice();
    const another = await harness.open(clock);
    onTestFinished(() => another.close());
    const queue = uniqueQueue();
    const entries = () => Array.from({ length: 20 }, () => sampleEntry(sampleMessage(queue)));

    for (let time = 0; time < 3; time += 1) {
      await Promise.all([store.accept(entries()), another.accept(entries())]);
      await clock.advance(1_000);
    }
    await writeCounts(another);

    expect((await ratesOf(queue, since))?.slices).toMatchObject([{ startAt: since, in: 120 }]);
  });

  test('an answer has at most 360 slices, and says where the next one begins', async () => {
    const since = await beginSlice();
    const { queue } = await accepted();
    await clock.advance(MAX_RATE_SLICES * 60_000);
    await accepted({ queue });
    await writeCounts();

    const request = { queue, sliceMs: 60_000 } as const;
    const first = await reader.activity.rates({ ...request, since: since + 59_999 });
    const second = await reader.activity.rates({ ...request, since: first.until });

    expect(first).toMatchObject({ since, until: since + MAX_RATE_SLICES * 60_000, sliceMs: 60_000 });
    expect(first.queues[0]?.slices.map(({ startAt }) => startAt)).toEqual([since]);
    expect(second.queues[0]?.slices.map(({ startAt }) => startAt)).toEqual([first.until]);
  });

  test('slices of 10 s are kept for an hour, and minutes for 7 days', async () => {
    const since = await beginSlice();
    const { queue } = await accepted();
    await writeCounts();
    await clock.advance(HOUR_MS + 10_000);
    const [short, long] = [await ratesOf(queue, since), await ratesOf(queue, since, 60_000)];
    await clock.advance(7 * 24 * HOUR_MS);

    expect(short).toBeUndefined();
    expect(long?.slices).toMatchObject([{ startAt: since, in: 1 }]);
    expect(await ratesOf(queue, since, 60_000)).toBeUndefined();
  });

  test('slices of another length, and a moment that is no number, are refused', async () => {
    const { activity } = reader;
    await expect(activity.rates({ since: 0, sliceMs: 1 as SliceMs })).rejects.toThrow(RangeError);
    await expect(activity.rates({ since: Number.NaN, sliceMs: 10_000 })).rejects.toThrow(RangeError);
  });
}
