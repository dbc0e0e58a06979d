import { existsSync } from 'node:fs';
import { BLOB_GRACE_MS } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { sampleEntry, sampleMessage, succeeded } from '@leveret/testing';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { readContents } from './contents.ts';

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;

test('what is set aside is counted, and pauses are read, while the ledger is in use, and after', async () => {
  const file = await freshFile();
  const { database, store } = await openDatabase(file);
  await store.unapplied.keep([1, 2].map((entry) => ({ entry: `${entry}`, reason: 'no event' })));

  const whileInUse = readContents(file, NOW);
  const message = { queue: 'mail', reason: 'no job', properties: '{}', body: new Uint8Array(), at: 1 };
  await store.setAside.keep([{ ...message, isReturned: false }]);
  await store.pauseQueue({ queue: 'mail', by: 'ann' });
  await database.close();

  expect([whileInUse, readContents(file, NOW)]).toEqual([
    { setAside: { messages: 0, events: 2 }, pauses: [], overdueBlobCount: 0 },
    {
      setAside: { messages: 1, events: 2 },
      pauses: [{ queue: 'mail', by: 'ann', at: expect.any(Number) }],
      overdueBlobCount: 0,
    },
  ]);
});

test('files are overdue a day after they should have been deleted, by the time of the file', async () => {
  const file = await freshFile();
  const clock = createManualClock(NOW);
  const { database, store } = await openDatabase(file, { clock });
  const message = { ...sampleMessage('blobs'), createdAt: NOW - 9 * DAY_MS };
  await store.accept([{ ...sampleEntry(message), blobs: ['a', 'b/'] }]);
  await store.apply([{ ...succeeded(message), at: NOW - 9 * DAY_MS }]);
  await store.retention.deleteFinished({ rules: [], now: NOW, limit: 100 });
  await database.close();
  const countAt = (now: number) => readContents(file, now).overdueBlobCount;

  const overdueAt = NOW + BLOB_GRACE_MS + DAY_MS;
  expect([countAt(overdueAt - 1), countAt(overdueAt)]).toEqual([0, 2]);
});

test('a file that is not there is not made', async () => {
  const file = await freshFile();

  expect(() => readContents(file, NOW)).toThrow(`there is no file ${file}`);
  expect(existsSync(file)).toBe(false);
});
