import {
  type Failure,
  type FailureTrend,
  fingerprintOf,
  type JobMessage,
  type JobReader,
  type JobStore,
  MAX_FAILURE_GROUPS,
  type RecordableEvent,
} from '@leveret/core';
import { createManualClock, type ManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded, uniqueQueue } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

const MINUTE_MS = 60_000;
const SLICES = 48;

/** Holds a driver to the promises about the trends of groups of failures, in a ledger of its own. */
export function describeFailureTrends(start: () => Promise<JobStoreUnderTest>): void {
  /** It shows the beginning of five minutes. */
  const clock: ManualClock = createManualClock(1_700_000_100_000);
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

  /** A failure of a group of its own. */
  function uniqueFailure(): Failure {
    return { code: 'HANDLER_FAILED', message: 'disk full', errorCode: uniqueQueue() };
  }

  async function accepted(): Promise<JobMessage> {
    const message = sampleMessage('trends');
    await store.accept([sampleEntry(message)]);
    return message;
  }

  function retried(message: JobMessage, failure: Failure, over: Partial<RecordableEvent> = {}) {
    const { type: _type, ...base } = started(message);
    const generation = message.generation || undefined;
    return { ...base, type: 'retried', failure, delayMs: 1, generation, ...over } as RecordableEvent;
  }

  async function trendOf(failure: Failure): Promise<FailureTrend> {
    const { trends } = await reader.activity.failureTrends([fingerprintOf(failure)], clock.now());
    return trends[0] ?? expect.unreachable();
  }

  /** Numbers that are not 0, by how many slices before the newest they are. */
  function countsOf({ failures }: FailureTrend): Readonly<Record<number, number>> {
    expect(failures).toHaveLength(SLICES);
    return Object.fromEntries(
      failures.flatMap((count, place) => (count === 0 ? [] : [[SLICES - 1 - place, count]])),
    );
  }

  test('every failed attempt is counted once, and a job is new in its group with the first', async () => {
    const failure = uniqueFailure();
    const [one, other] = [await accepted(), await accepted()];
    const events = [retried(one, failure), retried({ ...one, attempt: 2 }, failure), retried(other, failure)];

    for (let time = 0; time < 2; time += 1) await store.apply(events);
    await store.apply([retried({ ...other, attempt: 2 }, failure)]);

    const trend = await trendOf(failure);
    expect(trend).toMatchObject({ fingerprint: fingerprintOf(failure), newJobs: 2 });
    expect(countsOf(trend)).toEqual({ 0: 4 });
  });

  test('a failure counts although its job has succeeded since, also in the same batch', async () => {
    const failure = uniqueFailure();
    const message = await accepted();

    await store.apply([retried(message, failure), succeeded({ ...message, attempt: 2 })]);

    expect(countsOf(await trendOf(failure))).toEqual({ 0: 1 });
  });

  test('a job that fails differently is new in the other group', async () => {
    const [before, after] = [uniqueFailure(), uniqueFailure()];
    const message = await accepted();

    await store.apply([retried(message, before)]);
    await store.apply([retried({ ...message, attempt: 2 }, after)]);

    expect([await trendOf(before), await trendOf(after)]).toMatchObject([{ newJobs: 1 }, { newJobs: 1 }]);
  });

  test('a dead job that was retried and fails again is new in its group, and its late old failures do not count', async () => {
    const failure = uniqueFailure();
    const message = await accepted();
    await store.apply([retried(message, failure, { type: 'dead-lettered' } as Partial<RecordableEvent>)]);
    await store.control([{ action: 'retry', jobId: message.id, by: 'ann' }]);
    const { maxAttempts } = (await store.get(message.id)) ?? expect.unreachable();

    await store.apply([retried({ ...message, attempt: 2, generation: 1 }, failure, { maxAttempts })]);
    await store.apply([retried({ ...message, attempt: 3, generation: 1 }, failure, { maxAttempts })]);
    await store.apply([retried({ ...message, attempt: 3 }, failure)]);

    const trend = await trendOf(failure);
    expect(trend.newJobs).toBe(2);
    expect(countsOf(trend)).toEqual({ 0: 3 });
  });

  test('a dead letter that the broker made is a failure, and one of a recorded failure is not another', async () => {
    const failure: Failure = { ...uniqueFailure(), code: 'DELIVERY_LIMIT' };
    const [lost, known] = [await accepted(), await accepted()];
    await store.apply([retried(known, failure, { type: 'dead-lettered' } as Partial<RecordableEvent>)]);

    for (const message of [lost, known, lost, known])
      await store.keepDeadLetters([{ message, failure, isReturned: false, properties: '{}' }], clock.now());

    expect(countsOf(await trendOf(failure))).toEqual({ 0: 2 });
  });

  test('failures are in the slice in which they were recorded, for a day; jobs are new for five to ten minutes', async () => {
    const failure = uniqueFailure();
    const fail = async () => store.apply([retried(await accepted(), failure)]);
    const step = 5 * MINUTE_MS;
    await clock.advance(step - (clock.now() % step));
    await fail();
    await clock.advance(2 * step - 1);
    await fail();
    expect(await trendOf(failure)).toMatchObject({ newJobs: 2 });

    await clock.advance(1);
    expect(await trendOf(failure)).toMatchObject({ newJobs: 1 });
    await clock.advance(4 * step);
    await fail();
    const trend = await trendOf(failure);
    expect(countsOf(trend)).toEqual({ 0: 2, 1: 1 });
    expect(trend.newJobs).toBe(1);

    await clock.advance(24 * 60 * MINUTE_MS - 2 * step);
    expect(countsOf(await trendOf(failure))).toEqual({ 47: 1 });
    await clock.advance(2 * step);
    await fail();
    expect(countsOf(await trendOf(failure))).toEqual({ 0: 1 });
  });

  test('trends are answered in the order of the question, also of groups that are not there', async () => {
    const failure = uniqueFailure();
    await store.apply([retried(await accepted(), failure)]);
    const fingerprints = ['0000000000000000', fingerprintOf(failure)];

    const { since, sliceMs, trends } = await reader.activity.failureTrends(fingerprints, clock.now());

    expect(trends.map(({ fingerprint, newJobs }) => [fingerprint, newJobs])).toEqual([
      [fingerprints[0], 0],
      [fingerprints[1], 1],
    ]);
    const endedAt = since + SLICES * sliceMs;
    expect(endedAt - clock.now()).toBeGreaterThan(0);
    expect(endedAt - clock.now()).toBeLessThanOrEqual(5 * MINUTE_MS);
  });

  test('too many groups are refused', async () => {
    const fingerprints = new Array<string>(MAX_FAILURE_GROUPS + 1).fill('0000000000000000');
    await expect(reader.activity.failureTrends(fingerprints, 0)).rejects.toThrow(RangeError);
  });
}
