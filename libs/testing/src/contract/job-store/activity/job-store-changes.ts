import { type JobReader, type JobStore, MAX_JOB_CHANGES } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded, uniqueQueue } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

const MINUTE_MS = 60_000;

/** Holds a driver to the promises about change numbers, in a ledger of its own. */
export function describeChanges(start: () => Promise<JobStoreUnderTest>): void {
  const clock = createManualClock();
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

  const newest = async () => (await reader.activity.changes(0, 1)).newest;

  /** The jobs that `step` changes. */
  async function changedBy(step: () => Promise<unknown>): Promise<readonly string[]> {
    const before = await newest();
    await step();
    const { changes, isGap } = await reader.activity.changes(before, MAX_JOB_CHANGES);
    expect(isGap).toBe(false);
    return changes.map(({ jobId }) => jobId);
  }

  test('whatever changes a job gives it a number, and what only reads gives none', async () => {
    const message = sampleMessage(uniqueQueue());
    const { id, queue } = message;
    const failure = { code: 'DELIVERY_LIMIT', message: 'm' } as const;
    const { type: _type, ...base } = started(message);
    const line = { number: 1, at: 1, level: 'info', message: 'm' } as const;
    const control = (action: 'cancel' | 'retry') => () => store.control([{ action, jobId: id, by: 'ann' }]);
    const steps: readonly (() => Promise<unknown>)[] = [
      () => store.accept([sampleEntry(message)]),
      () => store.markDispatched([id]),
      () => store.apply([started(message)]),
      () => store.apply([{ ...base, type: 'progress', progress: 0.5 }]),
      () => store.apply([{ ...base, type: 'logged', bestEffort: true, lines: [line] }]),
      control('cancel'),
      control('retry'),
      () =>
        store.keepDeadLetters(
          [
            {
              message: { ...message, generation: 2, attempt: 2 },
              failure,
              isReturned: false,
              properties: '{}',
            },
          ],
          clock.now(),
        ),
    ];

    for (const step of steps) expect(await changedBy(step)).toEqual([id]);
    expect(await changedBy(() => store.get(id))).toEqual([]);
    expect(await changedBy(() => store.pauseQueue({ queue, by: 'ann' }))).toEqual([]);
    expect(await changedBy(() => store.control([{ action: 'cancel', jobId: 'unknown', by: 'ann' }]))).toEqual(
      [],
    );
  });

  test('a job that is deleted is changed', async () => {
    const message = sampleMessage(uniqueQueue());
    await store.accept([sampleEntry(message)]);
    await store.apply([succeeded(message)]);

    const ids = await changedBy(() =>
      store.retention.deleteFinished({ rules: [], now: message.createdAt + 1e10, limit: 1_000 }),
    );

    expect(ids).toContain(message.id);
    expect(await reader.get(message.id)).toBeUndefined();
  });

  test('changes are given in order, each job once with its newest number, and in parts of any size', async () => {
    const messages = Array.from({ length: 5 }, () => sampleMessage(uniqueQueue()));
    const [first = expect.unreachable(), second = expect.unreachable()] = messages;
    const before = await newest();
    await store.accept(messages.map((message) => sampleEntry(message)));
    await store.apply([started(second), started(first), succeeded(second)]);

    const all = await reader.activity.changes(before, MAX_JOB_CHANGES);

    const expected = [...messages.slice(2), second, first].map(({ id }) => id);
    expect(all.changes.map(({ jobId }) => jobId)).toEqual(expected);
    const numbers = all.changes.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(numbers.at(-1)).toBe(all.newest);
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = [];
      for (let after = before; after < all.newest; ) {
        const { changes } = await reader.activity.changes(after, limit);
        expect(changes.length).toBeLessThanOrEqual(limit);
        seen.push(...changes.map(({ jobId }) => jobId));
        after = changes.at(-1)?.number ?? expect.unreachable();
      }
      // A job that changed again in a later part is in both.
      expect([...new Set(seen.toReversed())].toReversed()).toEqual(expected);
    }
    expect(await reader.activity.changes(all.newest, 1)).toEqual({
      changes: [],
      newest: all.newest,
      isGap: false,
    });
  });

  test('numbers that are not of this ledger, and those before the ones that are kept, are a gap', async () => {
    const before = await newest();
    await store.accept([sampleEntry(sampleMessage('q'))]);
    const after = await newest();
    const gap = (number: number) => reader.activity.changes(number, 5);

    for (const number of [0, -1, after + 1, after + 1e9, Number.NaN])
      expect(await gap(number)).toEqual({ changes: [], newest: after, isGap: true });
    await clock.advance(9 * MINUTE_MS);
    await store.accept([sampleEntry(sampleMessage('q'))]);
    expect(await gap(before)).toMatchObject({ isGap: false, changes: [{}, {}] });
    await clock.advance(2 * MINUTE_MS);
    await store.accept([sampleEntry(sampleMessage('q'))]);
    expect(await gap(before)).toMatchObject({ isGap: true, changes: [] });
    expect(await gap(after)).toMatchObject({ isGap: false, changes: [{}, {}] });
  });

  test('after a long time without a change there is no gap', async () => {
    await store.accept([sampleEntry(sampleMessage('q'))]);
    const before = await newest();
    await clock.advance(60 * MINUTE_MS);

    expect(await reader.activity.changes(before, 5)).toEqual({ changes: [], newest: before, isGap: false });
  });

  test('while two ledgers change jobs at the same time, a reader misses none', async () => {
    const another = await harness.open(clock);
    onTestFinished(() => another.close());
    const messages = Array.from({ length: 60 }, () => sampleMessage('two'));
    const seen = new Set<string>();
    let after = await newest();
    let isWriting = true;

    async function write(ledger: JobStore, part: number): Promise<void> {
      for (let index = part; index < messages.length; index += 2) {
        const message = messages[index] ?? expect.unreachable();
        await ledger.accept([sampleEntry(message)]);
      }
    }

    async function follow(): Promise<void> {
      for (let isMore = true; isMore || isWriting; ) {
        const { changes, newest: last, isGap } = await reader.activity.changes(after, 7);
        expect(isGap).toBe(false);
        for (const { jobId, number } of changes) {
          expect(number).toBeGreaterThan(after);
          after = number;
          seen.add(jobId);
        }
        isMore = after < last;
      }
    }

    const writing = Promise.all([write(store, 0), write(another, 1)]).then(() => {
      isWriting = false;
    });
    await Promise.all([writing, follow()]);
    await follow();

    expect([...seen].sort()).toEqual(messages.map(({ id }) => id).sort());
  });

  test('a limit out of bounds is refused', async () => {
    for (const limit of [0, MAX_JOB_CHANGES + 1, 1.5, Number.NaN])
      await expect(reader.activity.changes(0, limit)).rejects.toThrow(RangeError);
  });
}
