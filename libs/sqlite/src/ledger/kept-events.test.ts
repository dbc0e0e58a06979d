import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { countKeptEvents } from './kept-events.ts';

test('kept events are counted while the ledger is in use, and after', async () => {
  const file = await freshFile();
  const { database, store } = await openDatabase(file);
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
