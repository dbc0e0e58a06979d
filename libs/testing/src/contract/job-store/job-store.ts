import type { JobEvent, JobStore } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';
import { describeChanges } from './activity/job-store-changes.ts';
import { describeFailureTrends } from './activity/job-store-failure-trends.ts';
import { describeRates } from './activity/job-store-rates.ts';
import { describeWaiting } from './activity/job-store-waiting.ts';
import { describeBlobReferences } from './blobs/blob-references.ts';
import { describeJobStoreAcceptance } from './job-store-acceptance.ts';
import { describeBodies } from './job-store-bodies.ts';
import { type ControlledLedger, describeControlOfJobs } from './job-store-control.ts';
import { describeControlOperations } from './job-store-control-operations.ts';
import { describeControlOrder } from './job-store-control-order.ts';
import { describeControlViews } from './job-store-control-views.ts';
import { describeJobStoreDeadLetters } from './job-store-dead-letters.ts';
import { describeJobStoreEvents } from './job-store-events.ts';
import { describeJobLog } from './job-store-log.ts';
import { describeReading } from './job-store-reading.ts';
import { describeRetention } from './job-store-retention.ts';
import { describeStarts } from './job-store-starts.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';
import { describeUndispatched } from './job-store-undispatched.ts';
import { describeJobParents } from './reading/job-parents.ts';
import { describeJobParts } from './reading/job-parts.ts';

/** Holds a driver to the `JobStore` port: one test per promise. */
export function describeJobStoreContract(name: string, start: () => Promise<JobStoreUnderTest>): void {
  describe(`${name} keeps the promises of a ledger`, () => {
    const clock = createManualClock();
    let harness: JobStoreUnderTest;
    let store: JobStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open(clock);
    });
    afterAll(async () => {
      await Promise.all([store.close(), store.close()]);
      await harness.dispose();
    });
    describeRecords(
      () => store,
      () => harness.open(clock),
    );
    describeJobStoreAcceptance(
      () => store,
      () => harness.open(clock),
    );
    describeJobStoreEvents(
      () => store,
      () => harness.open(clock),
    );
    describeUndispatched(() => store, clock);
    describeStarts(
      () => store,
      () => harness.open(clock),
    );
    describeRefusals(
      () => store,
      () => harness.open(clock),
      () => harness.occupy?.(),
    );
  });
  describe(`${name} keeps the promises of control`, () => describeControl(start));
  describe(`${name} keeps the promises about bodies and retention`, () => {
    describeBodies(start);
    describeRetention(start);
    describeBlobReferences(start);
  });
  describe(`${name} keeps the promises of a ledger about dead letters`, () =>
    describeJobStoreDeadLetters(start));
  describe(`${name} keeps the promises of a reader`, () => describeReading(start));
  describe(`${name} keeps the promises about parents of jobs`, () => describeJobParents(start));
  describe(`${name} keeps the promises about parts of jobs`, () => describeJobParts(start));
  describe(`${name} keeps the promises about jobs that wait`, () => describeWaiting(start));
  describe(`${name} keeps the promises about rates`, () => describeRates(start));
  describe(`${name} keeps the promises about trends of failures`, () => describeFailureTrends(start));
  describe(`${name} keeps the promises about changes`, () => describeChanges(start));
  describe(`${name} keeps what attempts log and report`, () => describeJobLog(start));
}

function describeControl(start: () => Promise<JobStoreUnderTest>): void {
  const steady = createManualClock();
  let jumpedMs = 0;
  const clock = { ...steady, now: () => steady.now() + jumpedMs };
  let harness: JobStoreUnderTest;
  let store: JobStore;
  beforeAll(async () => {
    harness = await start();
    store = await harness.open(clock);
  });
  afterAll(async () => {
    await store.close();
    await harness.dispose();
  });
  const ledger: ControlledLedger = {
    store: () => store,
    openAnother: () => harness.open(clock),
    openReader: () => harness.openReader(),
    occupy: () => harness.occupy?.(),
    clock,
    jumpClock(ms) {
      jumpedMs += ms;
    },
  };
  describeControlOfJobs(ledger);
  describeControlViews(ledger);
  describeControlOperations(ledger);
  describeControlOrder(ledger);
}

function describeRecords(store: () => JobStore, openAnother: () => Promise<JobStore>): void {
  test('a job that was accepted is there for everybody, and one that was not is undefined', async () => {
    const message = sampleMessage('ledger');
    const another = await openAnother();

    await store().accept([sampleEntry(message)]);

    expect(await another.get(message.id)).toMatchObject({
      id: message.id,
      state: 'queued',
      attempt: 0,
      maxAttempts: 3,
      payload: 'work',
    });
    expect(await store().get(sampleMessage('ledger').id)).toBeUndefined();
    await another.close();
  });

  test('a ledger has an id, which is the same for all who open it', async () => {
    const another = await openAnother();

    const ids = [await store().ledgerId(), await store().ledgerId(), await another.ledgerId()];

    await another.close();
    expect(ids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(1);
  });

  test('a job with a delay is scheduled for its time', async () => {
    const message = sampleMessage('ledger');

    await store().accept([sampleEntry(message, 60_000)]);

    expect(await store().get(message.id)).toMatchObject({
      state: 'scheduled',
      dueAt: message.createdAt + 60_000,
    });
  });

  test('events move a job, and the same events again change nothing', async () => {
    const message = sampleMessage('ledger');
    await store().accept([sampleEntry(message)]);

    await store().apply([started(message), succeeded(message)]);
    const once = await store().get(message.id);
    await store().apply([started(message), succeeded(message)]);

    expect(once).toMatchObject({ state: 'succeeded', attempt: 1, result: { done: true }, payload: 'work' });
    expect(await store().get(message.id)).toEqual(once);
  });

  test('an event about a job that nobody accepted here makes its record', async () => {
    const message = sampleMessage('ledger');

    await store().apply([started(message)]);

    const record = await store().get(message.id);
    expect(record).toMatchObject({ state: 'running', kind: message.kind, queue: 'ledger' });
    expect(record).not.toHaveProperty('payload');
  });

  test('a ledger remembers the broker that was noted last', async () => {
    const another = await openAnother();
    const before = await store().brokerName();

    await store().noteBroker('a');
    await another.noteBroker('b');

    expect([before, await store().brokerName(), await another.brokerName()]).toEqual([undefined, 'b', 'b']);
    await another.close();
  });

  test('NUL and lone surrogates in any text survive or are replaced', async () => {
    const odd = 'before\0then\ud800after';
    const kept = expect.stringMatching(/^before.then.after$/su);
    const message = { ...sampleMessage('ledger', { text: odd }), headers: { note: odd } };

    await store().accept([sampleEntry(message)]);
    await store().apply([
      started(message),
      {
        ...started(message),
        type: 'dead-lettered',
        failure: { code: 'HANDLER_FAILED', message: odd, stack: odd },
      } as JobEvent,
    ]);

    expect(await (await openAnother()).get(message.id)).toMatchObject({
      state: 'dead',
      payload: { text: kept },
      headers: { note: kept },
      failure: { message: kept, stack: kept },
    });
  });

  test('an open ledger is up', () => {
    expect(store().status()).toEqual({ state: 'up' });
  });
}

function describeRefusals(
  store: () => JobStore,
  openAnother: () => Promise<JobStore>,
  occupy: () => Disposable | undefined,
): void {
  test('of jobs accepted together, none is entered when one cannot be', async () => {
    const [good, bad] = [sampleMessage('ledger'), sampleMessage('ledger')];
    const broken = sampleEntry({ ...bad, id: null as never });

    await expect(store().accept([sampleEntry(good), broken])).rejects.toThrow();

    expect(await store().get(good.id)).toBeUndefined();
  });

  test('of events applied together, none is recorded when one cannot be', async () => {
    const [good, bad] = [sampleMessage('ledger'), sampleMessage('ledger')];

    await expect(store().apply([started(good), { ...started(bad), jobId: null as never }])).rejects.toThrow();

    expect(await store().get(good.id)).toBeUndefined();
  });

  test('a closed ledger refuses everything with STORE_UNAVAILABLE', async () => {
    const closed = await openAnother();
    const message = sampleMessage('ledger');
    await closed.close();

    const calls = [
      closed.accept([sampleEntry(message)]),
      closed.markDispatched([message.id]),
      closed.apply([started(message)]),
      closed.get(message.id),
      closed.claimUndispatched({ limit: 1, maxBytes: 1, leaseMs: 1 }),
      closed.holdUndispatched([message.id], 0),
      closed.unapplied.keep([{ entry: '1', reason: 'x' }]),
      closed.unapplied.list(0, 1),
      closed.unapplied.remove([1]),
      closed.noteRecording({ at: 0, behindMs: 0 }),
      closed.control([]),
      closed.view({ instanceId: 'i', queues: [], afterSeq: 0 }),
      closed.pauses(),
      closed.operations(1),
      closed.retention.deleteFinished({ rules: [], now: 0, limit: 1 }),
      closed.retention.deleteOldActions({ now: 0, limit: 1 }),
      closed.retention.deleteOldGroups({ now: 0, limit: 1 }),
    ];

    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
    expect(closed.status()).toMatchObject({ state: 'down' });
  });

  test('a ledger that cannot be written says so, can still be read, and enters nothing that it refused', async ({
    skip,
  }) => {
    const [known, refused] = [sampleMessage('ledger'), sampleMessage('ledger')];
    await store().accept([sampleEntry(known)]);
    {
      using occupied = occupy();
      skip(occupied === undefined, 'nobody can keep this ledger from writing');
      const accepted = store().accept([sampleEntry(refused)]);

      const [read, entered] = await Promise.allSettled([store().get(known.id), accepted]);

      expect(read).toMatchObject({ status: 'fulfilled', value: { id: known.id } });
      expect(entered).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
      expect(store().status()).toMatchObject({ state: 'down' });
    }
    expect(await store().get(refused.id)).toBeUndefined();
    await store().accept([sampleEntry(refused)]);
    expect(store().status()).toEqual({ state: 'up' });
  });
}
