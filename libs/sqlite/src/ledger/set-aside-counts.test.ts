import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { countSetAside } from './set-aside-counts.ts';

test('what is set aside is counted while the ledger is in use, and after', async () => {
  const file = await freshFile();
  const { database, store } = await openDatabase(file);
  await store.unapplied.keep([1, 2].map((entry) => ({ entry: `${entry}`, reason: 'no event' })));

  const whileInUse = countSetAside(file);
  const message = { queue: 'mail', reason: 'no job', properties: '{}', body: new Uint8Array(), at: 1 };
  await store.setAside.keep([{ ...message, isReturned: false }]);
  await database.close();

  expect([whileInUse, countSetAside(file)]).toEqual([
    { messages: 0, events: 2 },
    { messages: 1, events: 2 },
  ]);
});

test('a file that is not there is not made', async () => {
  const file = await freshFile();

  expect(() => countSetAside(file)).toThrow(`there is no file ${file}`);
  expect(existsSync(file)).toBe(false);
});
