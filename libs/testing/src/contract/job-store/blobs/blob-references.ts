import {
  BLOB_GRACE_MS,
  encodePayload,
  type JobMessage,
  type JobStore,
  MAX_BLOBS_AT_ONCE,
  type UnreferencedBlob,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { describe, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;

/** The promises about the files that jobs refer to, in ledgers of their own. */
export function describeBlobReferences(start: () => Promise<JobStoreUnderTest>): void {
  describe('a ledger whose jobs refer to files', () => {
    test('lists a key an hour after its last job was deleted', async () => {
      await using ledger = await openLedger(start);
      const { clock, references, enter, deleteJobs } = ledger;
      await enter(['sources/1', 'shared/'], 9 * DAY_MS);
      await enter(['sources/2', 'shared/'], 8 * DAY_MS);
      await enter([], 9 * DAY_MS);

      await deleteJobs(1);
      await clock.advance(BLOB_GRACE_MS - 1);
      const before = await references.listUnreferenced(10);
      await clock.advance(1);
      const first = await references.listUnreferenced(10);
      await deleteJobs(100);
      await clock.advance(BLOB_GRACE_MS);
      const all = await references.listUnreferenced(10);

      expect([before, keysOf(first)]).toEqual([[], ['sources/1']]);
      expect(keysOf(all).sort()).toEqual(['shared/', 'sources/1', 'sources/2']);
      expect(all[0]).toEqual(first[0]);
      expect(await references.listUnreferenced(1)).toEqual(first);
    });

    test('a file is needed by its key, and by every folder that it is in', async () => {
      await using ledger = await openLedger(start);
      const { references, enter, deleteJobs } = ledger;
      await enter(['a/b/1.webp', 'c/'], 9 * DAY_MS);
      const files = ['a/b/1.webp', 'a/b/2.webp', 'c/d/3.webp', 'c', 'cc/4.webp'];

      const needed = await references.findReferenced(files);
      await deleteJobs(100);

      expect(needed).toEqual(['a/b/1.webp', 'c/d/3.webp']);
      expect(await references.findReferenced(files)).toEqual([]);
    });

    test('a key is referred to by a job that was sent without the ledger, once its acceptance is recorded', async () => {
      await using ledger = await openLedger(start);
      const { store, clock, references, deleteJobs } = ledger;
      const message = { ...sampleMessage('blobs'), createdAt: NOW - 9 * DAY_MS };
      const { workerId: _workerId, ...base } = started(message);
      await store.apply([started(message), succeeded(message)]);

      const accepted = { ...base, type: 'accepted', payload: 'work', delayMs: 0, blobs: ['a'] } as const;
      await store.apply([accepted, accepted]);
      const needed = await references.findReferenced(['a']);
      await deleteJobs(100);
      await clock.advance(BLOB_GRACE_MS);

      expect(needed).toEqual(['a']);
      expect(keysOf(await references.listUnreferenced(10))).toEqual(['a']);
    });

    test('a key that is referred to again is not listed', async () => {
      await using ledger = await openLedger(start);
      const { clock, references, enter, deleteJobs } = ledger;
      await enter(['a'], 9 * DAY_MS);
      await deleteJobs(100);
      await clock.advance(BLOB_GRACE_MS);

      await enter(['a'], 0);

      expect(await references.listUnreferenced(10)).toEqual([]);
    });

    test('the id of a known job adds nothing, and a job that runs again keeps its references', async () => {
      await using ledger = await openLedger(start);
      const { store, references, enter, deleteJobs } = ledger;
      const message = await enter(['a'], 9 * DAY_MS);
      const again = { ...sampleEntry(message), isIdGiven: true, blobs: ['a'] };

      const answers = await store.accept([
        again,
        {
          ...again,
          outgoing: { ...again.outgoing, message: { ...message, body: encodePayload('other') } },
          blobs: ['b'],
        },
      ]);
      await store.control([{ action: 'retry', jobId: message.id, by: 'ann' }]);
      await deleteJobs(100);

      expect(answers).toEqual(['known', 'conflict']);
      expect(await references.findReferenced(['a', 'b'])).toEqual(['a']);
    });

    test('a key that is postponed is listed an hour later, one that is forgotten never, and an old listing changes nothing', async () => {
      await using ledger = await openLedger(start);
      const { clock, references, enter, deleteJobs } = ledger;
      await enter(['a', 'b'], 9 * DAY_MS);
      await deleteJobs(100);
      await clock.advance(BLOB_GRACE_MS);
      const [a, b] = await listPair(references.listUnreferenced(10));

      await references.postpone(a);
      await references.forget(b);
      await references.forget(a);
      await references.postpone(b);
      const now = await references.listUnreferenced(10);
      await clock.advance(BLOB_GRACE_MS);

      expect(now).toEqual([]);
      expect(keysOf(await references.listUnreferenced(10))).toEqual([a.key]);
    });

    test('jobs of which references are missing are listed once, by kind, and keep their files then', async () => {
      await using ledger = await openLedger(start);
      const { store, references, enter, deleteJobs } = ledger;
      const ids = [];
      for (let count = 0; count < 3; count += 1) ids.push((await enter([], DAY_MS, 'video.cut')).id);
      await enter([], DAY_MS, 'mail.send');
      const gone = await enter([], 9 * DAY_MS, 'video.cut');

      const found: string[] = [];
      for (;;) {
        const listed = await references.listUnrecorded('video.cut', 2);
        if (listed === undefined) break;
        const { jobs, lastId, isLast } = listed;
        await deleteJobs(100);
        found.push(...jobs.map(({ id, payload }) => `${id} ${payload}`));
        const recorded = jobs.map(({ id }) => ({ jobId: id, keys: [`sources/${id}`] }));
        for (const _ of [1, 2])
          await references.recordMissing('video.cut', { jobs: recorded, lastId, isLast });
      }

      const files = [...ids, gone.id].map((id) => `sources/${id}`);
      expect(found.filter((text) => !text.startsWith(gone.id)).sort()).toEqual(
        ids.map((id) => `${id} work`).sort(),
      );
      expect(await references.findReferenced(files)).toEqual(files.slice(0, 3));
      expect(await store.get(gone.id)).toBeUndefined();
      expect(await references.listUnrecorded('mail.send', 10)).toMatchObject({ isLast: true });
    });

    test('knows by which id the storage of its keys was noted first, and whether it has keys', async () => {
      await using ledger = await openLedger(start);
      const { store, references, enter, deleteJobs } = ledger;
      const unnoted = { id: await store.ledgerId(), isNoted: false };

      const empty = await references.storage();
      await enter(['a'], 9 * DAY_MS);
      const used = await references.storage();
      await deleteJobs(100);
      const unreferenced = await references.storage();
      await references.noteStorage('one');
      await references.noteStorage('other');

      expect(empty).toEqual({ ...unnoted, hasKeys: false });
      expect([used, unreferenced]).toEqual(Array(2).fill({ ...unnoted, hasKeys: true }));
      expect(await references.storage()).toEqual({ id: 'one', isNoted: true, hasKeys: true });
    });

    test('refuses a limit out of bounds', async () => {
      await using ledger = await openLedger(start);
      const { references } = ledger;

      for (const limit of [0, 1.5, MAX_BLOBS_AT_ONCE + 1]) {
        await expect(references.listUnreferenced(limit)).rejects.toThrow(RangeError);
        await expect(references.listUnrecorded('video.cut', limit)).rejects.toThrow(RangeError);
      }
    });
  });
}

function keysOf(blobs: readonly UnreferencedBlob[]): string[] {
  return blobs.map(({ key }) => key);
}

async function listPair(
  listed: Promise<readonly UnreferencedBlob[]>,
): Promise<readonly [UnreferencedBlob, UnreferencedBlob]> {
  const [one = expect.unreachable(), other = expect.unreachable()] = await listed;
  return [one, other];
}

/** A ledger of its own, closed and removed when it is disposed of. */
async function openLedger(start: () => Promise<JobStoreUnderTest>) {
  const harness = await start();
  const clock = createManualClock(NOW);
  const store: JobStore = await harness.open(clock);
  return {
    store,
    clock,
    references: store.blobReferences,
    /** Enters a job that refers to `blobs`, and succeeded so long ago. */
    async enter(blobs: readonly string[], agoMs: number, kind = 'contract.job'): Promise<JobMessage> {
      const message = { ...sampleMessage('blobs'), kind, createdAt: NOW - agoMs - 1_000 };
      await store.accept([{ ...sampleEntry(message), ...(blobs.length === 0 ? {} : { blobs }) }]);
      await store.apply([{ ...succeeded(message), at: NOW - agoMs }]);
      return message;
    },
    /** Deletes up to `limit` jobs that succeeded over seven days ago. */
    async deleteJobs(limit: number): Promise<void> {
      for (let isMore = true; isMore; ) {
        const progress = await store.retention.deleteFinished({ rules: [], now: NOW, limit });
        isMore = progress.isMore && limit > 1;
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await harness.dispose();
    },
  };
}
