import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { examineLedger } from './wiring.ts';

/** A ledger that keeps so many events. */
async function ledgerWith(keptCount: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file });
  const kept = Array.from({ length: keptCount }, (_, entry) => ({ entry: `${entry}`, reason: 'no event' }));
  await createSqliteJobStore({ database }).unapplied.keep(kept);
  await database.close();
  return file;
}

test('events that the ledger could not apply are a warning, with their number', async () => {
  expect(examineLedger(await ledgerWith(3))).toMatchObject({
    check: 'unapplied',
    severity: 'warning',
    what: 'the ledger keeps 3 events that cannot be applied: a newer version may be able to',
  });
  expect(examineLedger(await ledgerWith(0))).toMatchObject({ severity: 'ok' });
});

test('a ledger that is not here is unknown, and the finding says how to name it', () => {
  expect(examineLedger('/nowhere/leveret.db')).toMatchObject({
    severity: 'unknown',
    what: 'there is no file /nowhere/leveret.db',
    fix: expect.stringContaining('--database'),
  });
});
