import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { sampleEntry, sampleMessage, succeeded } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { examineLedger } from './wiring.ts';

/** A ledger that keeps so many events, and has set so many messages aside. */
async function ledgerWith(eventCount: number, messageCount: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  const events = Array.from({ length: eventCount }, (_, entry) => ({
    entry: `${entry}`,
    reason: 'no event',
  }));
  await store.unapplied.keep(events);
  const message = { queue: 'mail', reason: 'no job', properties: '{}', body: Uint8Array.of(1), at: 1 };
  await store.setAside.keep(Array.from({ length: messageCount }, () => ({ ...message, isReturned: false })));
  await database.close();
  return file;
}

test('what the ledger could not apply, and what it has set aside, are warnings with their number', async () => {
  expect(examineLedger(await ledgerWith(3, 1), Date.now())).toMatchObject([
    {
      check: 'unapplied',
      severity: 'warning',
      what: 'the ledger keeps 3 events that cannot be applied: a newer version may be able to',
    },
    {
      check: 'set-aside',
      severity: 'warning',
      what: 'the ledger has set aside 1 message that cannot be a job or could not be routed',
    },
    { check: 'pauses', severity: 'ok' },
    { check: 'files', severity: 'ok' },
  ]);
  expect(examineLedger(await ledgerWith(0, 0), Date.now())).toMatchObject([
    { severity: 'ok' },
    { severity: 'ok' },
    { check: 'pauses', severity: 'ok' },
    { check: 'files', severity: 'ok' },
  ]);
});

test('a ledger that is not here is unknown, and the findings say how to name it', () => {
  const unknown = {
    severity: 'unknown',
    what: 'there is no file /nowhere/leveret.db',
    fix: expect.stringContaining('--database'),
  };

  expect(examineLedger('/nowhere/leveret.db', 0)).toMatchObject([unknown, unknown, unknown, unknown]);
});

test('a pause of a week is a warning that names who paused the queue', async () => {
  const file = await ledgerWith(0, 0);
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  await store.pauseQueue({ queue: 'mail', by: 'ann@web-1' });
  const [{ at = 0 } = {}] = await store.pauses();
  await database.close();
  const pausesAt = (now: number) => examineLedger(file, now).filter(({ check }) => check === 'pauses');

  expect(pausesAt(at + 7 * 86_400_000 - 1)).toMatchObject([{ severity: 'ok' }]);
  expect(pausesAt(at + 7 * 86_400_000)).toMatchObject([
    { severity: 'warning', what: `paused: mail since ${new Date(at).toISOString()} by ann@web-1` },
  ]);
});

test('files of deleted jobs that were to be deleted over a day ago are a warning with their number', async () => {
  const file = await ledgerWith(0, 0);
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  const message = { ...sampleMessage('media'), createdAt: 1 };
  await store.accept([{ ...sampleEntry(message), blobs: ['sources/1'] }]);
  await store.apply([succeeded(message)]);
  const now = Date.now();
  await store.retention.deleteFinished({ rules: [], now, limit: 100 });
  await database.close();
  const filesAt = (at: number) => examineLedger(file, at).filter(({ check }) => check === 'files');

  expect(filesAt(now)).toMatchObject([{ severity: 'ok' }]);
  expect(filesAt(now + 2 * 86_400_000)).toMatchObject([
    { severity: 'warning', what: '1 file or folder of deleted jobs should have been deleted over a day ago' },
  ]);
});
