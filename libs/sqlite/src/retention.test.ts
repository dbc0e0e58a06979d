import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JobStore } from '@leveret/core';
import { sampleMessage, succeeded } from '@leveret/testing';
import { canMountDisks, mountSmallDisk } from '@leveret/testing/machine';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../fixtures/processes.ts';
import { freshFile, openDatabase } from '../fixtures/temporary-database.ts';
import { openConnection } from './file/libsql.ts';

/** Deletes jobs while something goes wrong around the file. */

const REQUEST = { rules: [], now: 1_800_000_000_000, limit: 10 } as const;

/** Enters jobs that succeeded long ago, with a tag and an attempt each. */
async function enter(store: JobStore, count: number, payload: unknown = 'work'): Promise<void> {
  const messages = Array.from({ length: count }, () => ({
    ...sampleMessage('q', payload),
    id: randomUUID(),
  }));
  await store.accept(
    messages.map((message) => ({ outgoing: { message, delayMs: 0 }, maxAttempts: 3, tags: ['eu'] })),
  );
  await store.apply(messages.map(succeeded));
}

/** How many rows each table has, and what the counters say. */
function countRows(file: string): Readonly<Record<string, number>> {
  const connection = openConnection(file);
  const tables = ['job', 'job_body', 'attempt', 'job_tag', 'start'];
  const counted = [
    ...tables.map((table) => [table, `count(*) FROM ${table}`]),
    ['counter', 'total(count) FROM counter'],
  ];
  const counts = counted.map(([name, what]) => [
    name,
    Number(connection.prepare(`SELECT ${what}`).get()?.[0]),
  ]);
  connection.close();
  return Object.fromEntries(counts);
}

function allOf(count: number): Readonly<Record<string, number>> {
  return { job: count, job_body: count, attempt: count, job_tag: count, start: 0, counter: count };
}

async function deleteAll({ retention }: JobStore): Promise<void> {
  for (let isMore = true; isMore; ) ({ isMore } = await retention.deleteFinished(REQUEST));
}

test('a process that is killed while it deletes leaves whole jobs, and another one goes on', async () => {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  await enter(store, 400);
  await using deleting = await startProcess('./deleting-process.ts', file);
  for (let batch = 0; batch < 5; batch += 1) await deleting.line();

  await deleting.kill();

  const { job = 0, ...left } = countRows(file);
  expect(job).toBeGreaterThan(0);
  expect(job).toBeLessThan(400);
  expect({ job, ...left }).toEqual(allOf(job));
  await deleteAll(store);
  expect(countRows(file)).toEqual(allOf(0));
});

test.skipIf(!canMountDisks())(
  'on a disk without any room a batch is deleted or refused, and when there is room the rest is deleted',
  async () => {
    const disk = await mountSmallDisk(8);
    onTestFinished(() => disk[Symbol.asyncDispose]());
    const file = join(disk.path, 'leveret.db');
    const { store, database } = await openDatabase(file);
    await enter(store, 200, 'x'.repeat(2_000));
    const makeRoom = await disk.fill();
    const write = () => database.call('emit', JSON.stringify(['z'.repeat(200_000)]), 1);
    const fillUp = async () => {
      for (;;) await write();
    };
    await expect(fillUp()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    const outcome = await store.retention.deleteFinished(REQUEST).then(
      ({ deletedCount }) => deletedCount,
      (error: { readonly code: string }) => error.code,
    );

    const { job = 0, ...left } = countRows(file);
    expect(outcome).toEqual(job === 200 ? 'STORE_UNAVAILABLE' : 200 - job);
    expect({ job, ...left }).toEqual(allOf(job));
    await makeRoom();
    await expect
      .poll(() =>
        deleteAll(store).then(
          () => 'deleted',
          () => 'refused',
        ),
      )
      .toBe('deleted');
    expect(countRows(file)).toEqual(allOf(0));
  },
);
