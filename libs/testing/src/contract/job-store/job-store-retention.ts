import {
  fingerprintOf,
  type JobMessage,
  type JobReader,
  type JobStore,
  KEEP_AUDIT_MS,
  KEEP_FAILURE_GROUPS_MS,
  KEEP_OPERATIONS_MS,
  MAX_DELETED_ACTIONS,
  MAX_DELETED_GROUPS,
  MAX_DELETED_JOBS,
  type RetentionRequest,
  type RetentionRule,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { describe, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const FAILURE = { code: 'HANDLER_FAILED', message: 'no such mailbox' } as const;

/** The promises about deleting finished jobs, in ledgers of their own. */
export function describeRetention(start: () => Promise<JobStoreUnderTest>): void {
  describe('a ledger that deletes finished jobs', () => {
    test('deletes those whose time is over, with their attempts, and no others', async () => {
      await using ledger = await openLedger(start);
      const { store, reader, enter } = ledger;
      const old = NOW - 8 * DAY_MS;
      const gone = [
        await enter({ end: 'succeeded', at: old }),
        await enter({ end: 'cancelled', at: old }),
        await enter({ end: 'expired', at: old }),
        await enter({ end: 'succeeded', at: NOW - 7 * DAY_MS }),
        await enter({ end: 'succeeded', at: NOW - DAY_MS, kind: 'mail.send' }),
      ];
      const kept = [
        await enter({ end: 'dead', at: old }),
        await enter({ end: 'retrying', at: old }),
        await enter({ end: 'running', at: old }),
        await enter({ end: 'queued', at: old }),
        await enter({ end: 'succeeded', at: NOW - 7 * DAY_MS + 1 }),
        await enter({ end: 'cancelled', at: NOW - DAY_MS, kind: 'mail.send' }),
        await enter({ end: 'succeeded', at: old, kind: 'video.thumbnails' }),
      ];
      const rules: readonly RetentionRule[] = [
        { kind: { name: 'mail.', isPrefix: true }, state: 'succeeded', keepMs: DAY_MS },
        { kind: { name: 'video.thumbnails', isPrefix: false }, keepMs: 'forever' },
      ];

      const deletedCount = await deleteAll(store, { rules });

      expect(deletedCount).toBe(gone.length);
      for (const { id } of gone)
        expect([await store.get(id), await reader.get(id)]).toEqual([undefined, undefined]);
      for (const { id } of kept) expect(await reader.get(id)).toMatchObject({ job: { id } });
      expect(await store.retention.deleteFinished({ rules, now: NOW, limit: 100 })).toEqual({
        deletedCount: 0,
        isMore: false,
      });
    });

    test('deletes at most so many at a time, the oldest first, and says whether there are more', async () => {
      await using ledger = await openLedger(start);
      const { store, enter } = ledger;
      const ids: string[] = [];
      for (let age = 1; age <= 5; age += 1)
        ids.push((await enter({ end: 'succeeded', at: NOW - (20 - age) * DAY_MS })).id);
      const left = async () => {
        const jobs = await Promise.all(ids.map((id) => store.get(id)));
        return jobs.flatMap((job) => job?.id ?? []);
      };

      for (let isMore = true; isMore; ) {
        const before = await left();
        const progress = await store.retention.deleteFinished({ rules: [], now: NOW, limit: 2 });
        isMore = progress.isMore;
        expect([1, 2]).toContain(progress.deletedCount);
        expect(await left()).toEqual(before.slice(progress.deletedCount));
        expect(isMore).toBe(before.length > progress.deletedCount);
      }
      expect(await left()).toEqual([]);
    });

    test('counts, lists, tags and groups of failures are those of the jobs that are left', async () => {
      await using ledger = await openLedger(start);
      const { store, reader, enter } = ledger;
      await enter({ end: 'succeeded', at: NOW - 9 * DAY_MS, tags: ['eu'] });
      await enter({ end: 'cancelled', at: NOW - 9 * DAY_MS, tags: ['eu'], failed: true });
      const kept = await enter({ end: 'dead', at: NOW - 9 * DAY_MS, tags: ['eu'] });

      await deleteAll(store);

      const { queue, kind } = kept;
      expect(await reader.counts()).toEqual([{ queue, kind, state: 'dead', count: 1 }]);
      expect(await reader.count({ tags: ['eu'] })).toEqual({
        count: 1,
        isExact: true,
        byState: { dead: 1 },
      });
      expect(await reader.list({ filter: {}, order: 'newest-first', limit: 5 })).toMatchObject({
        jobs: [{ id: kept.id }],
      });
      expect(await reader.failureGroups(5)).toMatchObject([{ retrying: 0, dead: 1 }]);
    });

    test('several at the same time delete each job once', async () => {
      await using ledger = await openLedger(start);
      const { store, openAnother, enter } = ledger;
      const another = await openAnother();
      for (let count = 0; count < 30; count += 1) await enter({ end: 'succeeded', at: NOW - 9 * DAY_MS });

      const deleted = await Promise.all(
        [store, another, store, another].map((one) => deleteAll(one, { limit: 5 })),
      );

      expect(deleted.reduce((sum, count) => sum + count, 0)).toBe(30);
    });

    test('does not know a deleted job any more: under its id, a job is new', async () => {
      await using ledger = await openLedger(start);
      const { store, enter } = ledger;
      const message = await enter({ end: 'succeeded', at: NOW - 9 * DAY_MS });
      const entry = { ...sampleEntry(message), isIdGiven: true };

      const before = await store.accept([entry]);
      await deleteAll(store);

      expect([before, await store.accept([entry])]).toEqual([['known'], ['new']]);
    });

    test('refuses a limit out of bounds', async () => {
      await using ledger = await openLedger(start);
      const { store } = ledger;

      for (const limit of [0, -1, 1.5, Number.NaN, MAX_DELETED_JOBS + 1])
        await expect(store.retention.deleteFinished({ rules: [], now: NOW, limit })).rejects.toThrow(
          RangeError,
        );
    });
  });
  describeOldActions(start);
  describeOldGroups(start);
}

/** The promises about deleting what operators did long ago. */
function describeOldActions(start: () => Promise<JobStoreUnderTest>): void {
  const author = { by: 'ann', reason: 'a test' } as const;

  /** An operation on so many jobs that are dead, which runs. */
  async function runs({ store, enter }: OpenLedger, count: number): Promise<string> {
    const { id } = await store.createOperation({ action: 'discard', selection: 'some', ...author });
    const ids: string[] = [];
    for (let number = 0; number < count; number += 1) ids.push((await enter({ end: 'dead', at: NOW })).id);
    await store.addToOperation(id, ids);
    await store.runOperation(id);
    return id;
  }

  async function isDone({ store }: OpenLedger, operationId: string): Promise<void> {
    await store.workOperation({ operationId, holder: 'a', leaseMs: 1, limit: 1_000 });
  }

  describe('a ledger that deletes what operators did long ago', () => {
    test('deletes operations that ended over 30 days ago with their jobs, and no others', async () => {
      await using ledger = await openLedger(start);
      const { store, clock } = ledger;
      const [done, stopped] = [await runs(ledger, 3), await runs(ledger, 2)];
      const running = await runs(ledger, 1);
      await isDone(ledger, done);
      await store.stopOperation(stopped, author);
      await clock.advance(1);
      const later = await runs(ledger, 1);
      await isDone(ledger, later);

      await clock.advance(KEEP_OPERATIONS_MS - 1);
      await deleteOldActions(ledger);

      for (const id of [done, stopped])
        expect([await store.operation(id), await store.operationItems(id, 1, 10)]).toEqual([undefined, []]);
      expect((await store.operations(10)).map(({ id }) => id)).toEqual([later, running]);
      expect(await store.operationItems(later, 1, 10)).toMatchObject([{ outcome: 'done' }]);
      await clock.advance(10 * KEEP_OPERATIONS_MS);
      await deleteOldActions(ledger);
      expect((await store.operations(10)).map(({ id }) => id)).toEqual([running]);
      await isDone(ledger, running);
      expect(await store.operation(running)).toMatchObject({ state: 'done', done: 1 });
    });

    test('the audit keeps what an operation did when that is deleted, and its id', async () => {
      await using ledger = await openLedger(start);
      const { store, clock } = ledger;
      const operationId = await runs(ledger, 1);
      const [{ jobId = '' } = {}] = await store.operationItems(operationId, 1, 1);
      await isDone(ledger, operationId);

      await clock.advance(KEEP_OPERATIONS_MS);
      await deleteOldActions(ledger);

      expect(await store.operation(operationId)).toBeUndefined();
      expect(await store.audit({ jobId, limit: 5 })).toMatchObject([
        { ...author, action: 'discard', before: 'dead', after: 'discarded', operationId },
      ]);
    });

    test('deletes entries of the audit that are over a year old', async () => {
      await using ledger = await openLedger(start);
      const { store, clock } = ledger;
      await store.pauseQueue({ queue: 'mail', ...author });
      await clock.advance(1);
      await store.resumeQueue({ queue: 'mail', ...author });

      await clock.advance(KEEP_AUDIT_MS - 1);
      await deleteOldActions(ledger);

      expect(await store.audit({ limit: 5 })).toMatchObject([{ action: 'resume' }]);
    });

    test('deletes at most so many at a time; a deleted operation is not found while some of its jobs are left', async () => {
      await using ledger = await openLedger(start);
      const { store, clock } = ledger;
      const id = await runs(ledger, 5);
      await isDone(ledger, id);
      await clock.advance(KEEP_OPERATIONS_MS);
      const step = () => store.retention.deleteOldActions({ now: clock.now(), limit: 2 });

      const first = await step();

      expect(first).toEqual({ deletedCount: 3, isMore: true });
      expect([await store.operation(id), await store.operationItems(id, 1, 10)]).toEqual([undefined, []]);
      expect(await step()).toEqual({ deletedCount: 2, isMore: true });
      expect(await step()).toEqual({ deletedCount: 1, isMore: false });
      expect(await step()).toEqual({ deletedCount: 0, isMore: false });
    });

    test('refuses a limit out of bounds', async () => {
      await using ledger = await openLedger(start);
      const { retention } = ledger.store;

      for (const limit of [0, 1.5, Number.NaN, MAX_DELETED_ACTIONS + 1])
        await expect(retention.deleteOldActions({ now: NOW, limit })).rejects.toThrow(RangeError);
    });
  });
}

/** The promises about deleting groups of failures, in ledgers of their own. */
function describeOldGroups(start: () => Promise<JobStoreUnderTest>): void {
  describe('a ledger that deletes groups of failures', () => {
    /** Enters a job that failed with these words, by code of version 1.0, and then ended so. */
    async function fail({ store }: OpenLedger, { message: words, at, end }: FailedJob): Promise<string> {
      const message = { ...sampleMessage('retention'), createdAt: at - 1_000 };
      const failure = { ...FAILURE, message: words };
      const base = { ...started(message), at };
      await store.accept([sampleEntry(message)]);
      await store.apply([{ ...base, type: 'retried', failure, delayMs: 1, version: '1.0' }]);
      if (end !== 'retrying')
        await store.apply([{ ...base, attempt: 2, type: end, state: end, result: null }]);
      return fingerprintOf(failure);
    }

    async function deleteAllGroups({ store }: OpenLedger, limit: number): Promise<number> {
      let count = 0;
      for (let isMore = true; isMore; ) {
        const progress = await store.retention.deleteOldGroups({ now: NOW, limit });
        count += progress.deletedCount;
        isMore = progress.isMore;
      }
      return count;
    }

    test.each([1, 100])(
      'deletes those without jobs after their time, %i at a time, and no others',
      async (limit) => {
        await using ledger = await openLedger(start);
        const { store, reader } = ledger;
        const old = NOW - KEEP_FAILURE_GROUPS_MS;
        const kept = [
          await fail(ledger, { message: 'no such mailbox', at: old - 3, end: 'cancelled' }),
          await fail(ledger, { message: 'disk full', at: old - 2, end: 'retrying' }),
          await fail(ledger, { message: 'connection refused', at: old + 1, end: 'succeeded' }),
        ];
        const gone = [
          await fail(ledger, { message: 'frame lost', at: old, end: 'succeeded' }),
          await fail(ledger, { message: 'out of memory', at: old - 1, end: 'succeeded' }),
        ];
        const versionsOf = async (fingerprint: string) => (await reader.failureGroup(fingerprint))?.versions;
        expect(await versionsOf(gone[0] ?? '')).toMatchObject([{ version: '1.0' }]);

        expect(await deleteAllGroups(ledger, limit)).toBe(gone.length);

        for (const fingerprint of gone) expect(await reader.failureGroup(fingerprint)).toBeUndefined();
        for (const fingerprint of kept)
          expect(await versionsOf(fingerprint)).toMatchObject([{ version: '1.0' }]);
        await store.retention.deleteFinished({ rules: [{ keepMs: 60_000 }], now: NOW, limit: 100 });
        expect(await deleteAllGroups(ledger, limit)).toBe(1);
        expect(await reader.failureGroup(kept[0] ?? '')).toBeUndefined();
      },
    );

    test('a group that comes again has the versions that fail then', async () => {
      await using ledger = await openLedger(start);
      const { reader } = ledger;
      const failed = { message: 'frame lost', end: 'succeeded' } as const;
      await fail(ledger, { ...failed, at: NOW - KEEP_FAILURE_GROUPS_MS });
      await deleteAllGroups(ledger, 100);

      const fingerprint = await fail(ledger, { ...failed, at: NOW });

      expect(await reader.failureGroup(fingerprint)).toMatchObject({
        firstSeenAt: NOW,
        versions: [{ version: '1.0', firstSeenAt: NOW }],
      });
    });

    test('refuses a limit out of bounds', async () => {
      await using ledger = await openLedger(start);
      const { retention } = ledger.store;

      for (const limit of [0, 1.5, Number.NaN, MAX_DELETED_GROUPS + 1])
        await expect(retention.deleteOldGroups({ now: NOW, limit })).rejects.toThrow(RangeError);
    });
  });
}

interface FailedJob {
  readonly message: string;
  readonly at: number;
  readonly end: 'succeeded' | 'cancelled' | 'retrying';
}

async function deleteOldActions({ store, clock }: OpenLedger): Promise<void> {
  for (let isMore = true; isMore; )
    ({ isMore } = await store.retention.deleteOldActions({ now: clock.now(), limit: 2 }));
}

/** Deletes batch by batch until no more are due; resolves with how many were deleted. */
async function deleteAll(
  { retention }: JobStore,
  { rules = [], limit = 100 }: Partial<RetentionRequest> = {},
): Promise<number> {
  let count = 0;
  for (let isMore = true; isMore; ) {
    const progress = await retention.deleteFinished({ rules, now: NOW, limit });
    count += progress.deletedCount;
    isMore = progress.isMore;
  }
  return count;
}

interface Finished {
  readonly end: 'succeeded' | 'cancelled' | 'expired' | 'dead' | 'retrying' | 'running' | 'queued';
  readonly at: number;
  readonly kind?: string;
  readonly tags?: readonly string[];
  /** Whether an attempt failed before. */
  readonly failed?: boolean;
}

type OpenLedger = Awaited<ReturnType<typeof openLedger>>;

/** A ledger of its own, closed and removed when it is disposed of. */
async function openLedger(start: () => Promise<JobStoreUnderTest>) {
  const harness = await start();
  const clock = createManualClock(NOW);
  const stores: JobStore[] = [];
  const openStore = async () => {
    const store = await harness.open(clock);
    stores.push(store);
    return store;
  };
  const store = await openStore();
  const reader: JobReader = await harness.openReader();
  return {
    store,
    clock,
    openAnother: openStore,
    reader,
    /** Enters a job whose last event was at `at`. */
    async enter({ end, at, kind = 'contract.job', tags, failed }: Finished): Promise<JobMessage> {
      const message = { ...sampleMessage('retention'), kind, createdAt: at - 1_000 };
      await store.accept([{ ...sampleEntry(message), ...(tags === undefined ? {} : { tags }) }]);
      const { type: _type, ...base } = { ...started(message), at };
      if (failed) await store.apply([{ ...base, type: 'retried', failure: FAILURE, delayMs: 1 }]);
      const last = failed ? { ...base, attempt: 2 } : base;
      if (end === 'running') await store.apply([{ ...last, type: 'started' }]);
      if (end === 'succeeded') await store.apply([{ ...succeeded(message), at }]);
      if (end === 'retrying') await store.apply([{ ...last, type: 'retried', failure: FAILURE, delayMs: 1 }]);
      if (end === 'dead') await store.apply([{ ...last, type: 'dead-lettered', failure: FAILURE }]);
      if (end === 'cancelled' || end === 'expired') await store.apply([{ ...last, type: end, state: end }]);
      return message;
    },
    async [Symbol.asyncDispose]() {
      await reader.close();
      await Promise.all(stores.map((opened) => opened.close()));
      await harness.dispose();
    },
  };
}
