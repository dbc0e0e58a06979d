import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Delivery, JobMessage } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteBroker } from '../broker/broker.ts';
import { openSqliteDatabase } from '../database.ts';
import { createSqliteJobStore } from '../ledger/job-store.ts';
import { backUpDatabase } from './backup.ts';

async function freshFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "leveret-back'up-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'leveret.db');
}

async function open(file: string) {
  const database = await openSqliteDatabase({ file });
  onTestFinished(() => database.close());
  return {
    database,
    broker: createSqliteBroker({ database }),
    store: createSqliteJobStore({ database }),
  };
}

function outgoing(id: string, delayMs = 0) {
  const job: JobMessage = {
    version: 1,
    id,
    kind: 'k',
    queue: 'q',
    priority: 'normal',
    attempt: 1,
    createdAt: 1,
    heldMs: 0,
    snoozes: 0,
    crashes: 0,
    headers: {},
    body: new TextEncoder().encode('1'),
  };
  return { message: job, delayMs };
}

test('a copy that was made while jobs run holds every job that was not done then, and works after it was restored', async () => {
  const file = await freshFile();
  const { broker, store, database } = await open(file);
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
  const restored = await open(file);
  const ids: string[] = [];
  await restored.broker.consume('q', { prefetch: 5, onDelivery: ({ message: { id } }) => ids.push(id) });
  await expect.poll(() => [...ids].sort()).toEqual(['running', 'waiting']);
  expect(await restored.store.get('waiting')).toMatchObject({ id: 'waiting' });
});

test('a copy is one file, and nothing else is left in its folder', async () => {
  const file = await freshFile();
  await open(file);
  const to = join(dirname(await freshFile()), 'copy.db');

  const report = await backUpDatabase({ file, to });

  expect(report.file).toBe(to);
  expect(report.sizeBytes).toBe((await readFile(to)).length);
  expect(await readdir(dirname(to))).toEqual(['copy.db']);
});

test('an existing file is never overwritten', async () => {
  const file = await freshFile();
  await open(file);
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
