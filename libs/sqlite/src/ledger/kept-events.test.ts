import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteDatabase } from '../database.ts';
import { createSqliteJobStore } from '../ledger/job-store.ts';
import { countKeptEvents } from './kept-events.ts';

async function freshFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-kept-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'leveret.db');
}

test('kept events are counted while the ledger is in use, and after', async () => {
  const file = await freshFile();
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  await store.unapplied.keep([1, 2].map((entry) => ({ entry: `${entry}`, reason: 'no event' })));

  const whileInUse = countKeptEvents(file);
  await store.unapplied.keep([{ entry: '3', reason: 'no event' }]);
  await database.close();

  expect([whileInUse, countKeptEvents(file)]).toEqual([2, 3]);
});

test('a file that is not there is not made', async () => {
  const file = await freshFile();

  expect(() => countKeptEvents(file)).toThrow(`there is no file ${file}`);
  expect(existsSync(file)).toBe(false);
});
