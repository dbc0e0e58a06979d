import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { readContents } from './contents.ts';

test('what is set aside is counted, and pauses are read, while the ledger is in use, and after', async () => {
  const file = await freshFile();
  const { database, store } = await openDatabase(file);
  await store.unapplied.keep([1, 2].map((entry) => ({ entry: `${entry}`, reason: 'no event' })));

  const whileInUse = readContents(file);
  const message = { queue: 'mail', reason: 'no job', properties: '{}', body: new Uint8Array(), at: 1 };
  await store.setAside.keep([{ ...message, isReturned: false }]);
  await store.pauseQueue({ queue: 'mail', by: 'ann' });
  await database.close();

  expect([whileInUse, readContents(file)]).toEqual([
    { setAside: { messages: 0, events: 2 }, pauses: [] },
    { setAside: { messages: 1, events: 2 }, pauses: [{ queue: 'mail', by: 'ann', at: expect.any(Number) }] },
  ]);
});

test('a file that is not there is not made', async () => {
  const file = await freshFile();

  expect(() => readContents(file)).toThrow(`there is no file ${file}`);
  expect(existsSync(file)).toBe(false);
});
