import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Delivery } from '@leveret/core';
import { expect, test } from 'vitest';
import { outgoing } from '../../fixtures/outgoing.ts';
import { freshFile, freshFolder, openDatabase } from '../../fixtures/temporary-database.ts';
import { backUpDatabase } from './backup.ts';

test('a copy that was made while jobs run holds every job that was not done then, and works after it was restored', async () => {
  const file = await freshFile();
  const { broker, store, database } = await openDatabase(file);
  const entry = outgoing('waiting');
  await store.accept([{ outgoing: entry, maxAttempts: 1 }]);
  await broker.publish([outgoing('running'), entry]);
  const running: Delivery[] = [];
  const first = await broker.consume('q', { prefetch: 1, onDelivery: (one) => running.push(one) });
  await expect.poll(() => running.map(({ message: { id } }) => id)).toEqual(['running']);

  const { file: copy } = await backUpDatabase({ file, to: `${file}.copy` });
  await first.stop();
  await broker.publish([outgoing('too late')]);
  await broker.close(0);
  await database.close();

  await rename(copy, file);
  const restored = await openDatabase(file);
  const ids: string[] = [];
  await restored.broker.consume('q', { prefetch: 5, onDelivery: ({ message: { id } }) => ids.push(id) });
  await expect.poll(() => [...ids].sort()).toEqual(['running', 'waiting']);
  expect(await restored.store.get('waiting')).toMatchObject({ id: 'waiting' });
});

test('a copy is one file, and nothing else is left in its folder', async () => {
  const file = await freshFile();
  await openDatabase(file);
  const to = join(await freshFolder(), 'copy.db');

  const report = await backUpDatabase({ file, to });

  expect(report.file).toBe(to);
  expect(report.sizeBytes).toBe((await readFile(to)).length);
  expect(await readdir(dirname(to))).toEqual(['copy.db']);
});

test('an existing file is never overwritten', async () => {
  const file = await freshFile();
  await openDatabase(file);
  const to = `${file}.copy`;
  await writeFile(to, 'precious');

  await expect(backUpDatabase({ file, to })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('exists'),
  });
  expect(await readFile(to, 'utf8')).toBe('precious');
});

test('what is no database of Leveret is refused, and neither it nor a copy is made', async () => {
  const file = await freshFile();
  const to = `${file}.copy`;

  await expect(backUpDatabase({ file, to })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  expect(existsSync(file)).toBe(false);
  await writeFile(file, 'a shopping list that is longer than the header of a database\n'.repeat(20));
  await expect(backUpDatabase({ file, to })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect((await readdir(dirname(file))).filter((name) => name.startsWith(basename(to)))).toEqual([]);
});
