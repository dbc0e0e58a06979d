import type { JobEvent, JobMessage, JobReader, JobStore } from '@leveret/core';
import { createManualClock, type ManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, uniqueQueue } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

const BASE = 1_700_000_000_000;

/** Holds a driver to the promises about the jobs that wait longest, in a ledger of its own. */
export function describeWaiting(start: () => Promise<JobStoreUnderTest>): void {
  const clock: ManualClock = createManualClock(BASE);
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

  async function accept(queue: string, createdAt: number, delayMs = 0, kind = 'a'): Promise<JobMessage> {
    const message = { ...sampleMessage(queue), createdAt, kind };
    await store.accept([sampleEntry(message, delayMs)]);
    return message;
  }

  async function readyAt(queue: string, now: number): Promise<number | undefined> {
    const found = await reader.activity.oldestWaiting(now);
    return found.find((waiting) => waiting.queue === queue)?.readyAt;
  }

  test('of the queued jobs of all kinds, the one that was accepted first waits longest, until it starts', async () => {
    const queue = uniqueQueue();
    const first = await accept(queue, BASE, 0, 'b');
    await accept(queue, BASE + 1_000);
    expect(await readyAt(queue, BASE + 5_000)).toBe(BASE);

    await store.apply([started(first)]);

    expect(await readyAt(queue, BASE + 5_000)).toBe(BASE + 1_000);
  });

  test('a job with a delay waits from when it is due', async () => {
    const queue = uniqueQueue();
    await accept(queue, BASE, 60_000);

    expect(await readyAt(queue, BASE + 59_999)).toBeUndefined();
    expect(await readyAt(queue, BASE + 60_000)).toBe(BASE + 60_000);
    expect(await readyAt(queue, BASE + 90_000)).toBe(BASE + 60_000);
  });

  test('a job that is to be retried, and one that is held, wait from when they are due', async () => {
    const [retrying, holding] = [uniqueQueue(), uniqueQueue()];
    const [failed, held] = [await accept(retrying, BASE), await accept(holding, BASE)];
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
    const { type: _type, ...base } = started(failed);
    await store.apply([
      { ...base, type: 'retried', at: BASE + 1_000, delayMs: 2_000, failure },
      {
        ...started(held),
        type: 'held',
        at: BASE + 1_000,
        delayMs: 5_000,
        failure: { code: 'UNKNOWN_KIND', message: 'no handler' },
      } as JobEvent,
    ]);

    expect(await readyAt(retrying, BASE + 2_999)).toBeUndefined();
    expect(await readyAt(retrying, BASE + 3_000)).toBe(BASE + 3_000);
    expect(await readyAt(holding, BASE + 5_999)).toBeUndefined();
    expect(await readyAt(holding, BASE + 6_000)).toBe(BASE + 6_000);
  });

  test('a job that waits is found behind jobs of its kind that are held', async () => {
    const queue = uniqueQueue();
    const held = await accept(queue, BASE - 10_000);
    await store.apply([{ ...started(held), type: 'held', at: BASE - 9_000, delayMs: 60_000 } as JobEvent]);
    await accept(queue, BASE);

    expect(await readyAt(queue, BASE + 1_000)).toBe(BASE);
  });

  test('the jobs of a paused queue wait, and those that were cancelled do not', async () => {
    const [paused, emptied] = [uniqueQueue(), uniqueQueue()];
    await accept(paused, BASE);
    const gone = [await accept(emptied, BASE), await accept(emptied, BASE, 1_000)];
    await store.pauseQueue({ queue: paused, by: 'ann' });

    await store.control(gone.map(({ id: jobId }) => ({ action: 'cancel', jobId, by: 'ann' })));

    expect(await readyAt(paused, BASE + 5_000)).toBe(BASE);
    expect(await readyAt(emptied, BASE + 5_000)).toBeUndefined();
  });

  test('queues come by name, each once', async () => {
    const queues = [uniqueQueue(), uniqueQueue(), uniqueQueue()];
    for (const queue of queues) {
      await accept(queue, BASE);
      await accept(queue, BASE, 1);
    }

    const found = (await reader.activity.oldestWaiting(BASE + 5_000)).map(({ queue }) => queue);

    expect(found.filter((queue) => queues.includes(queue))).toEqual([...queues].sort());
    expect(found).toEqual([...new Set(found)].sort());
  });
}
