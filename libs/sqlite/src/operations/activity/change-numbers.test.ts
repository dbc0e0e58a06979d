import { sampleEntry, sampleMessage } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../../fixtures/processes.ts';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openConnection } from '../../file/libsql.ts';
import { migrate } from '../../file/schema/schema.ts';
import { openSqliteJobReader } from '../../reader/job-reader.ts';
import { createChangeNumbers } from './change-numbers.ts';

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  let now = 1_700_000_000_000;
  const changes = createChangeNumbers(connection, () => now);
  const count = connection.prepare('SELECT count(*), sum(json_array_length(ids)) FROM change');
  const newest = connection.prepare('SELECT number, ids FROM change ORDER BY number DESC LIMIT 1');

  return {
    changes,
    counts: () => count.get(),
    newest: () => newest.get(),
    advance(ms: number) {
      now += ms;
    },
    commit(ids: readonly string[]) {
      changes.begin();
      for (const id of ids) changes.add(id);
      changes.finish();
    },
  };
}

test('a commit has one row, with each of its jobs once, and none when it changed no job', () => {
  const { commit, counts, newest } = setUp();
  const before = Number(newest()?.[0]);

  commit(['a', 'b', 'a']);
  commit([]);

  expect(newest()).toEqual([before + 2, '["a","b"]']);
  expect(counts()).toEqual([1, 2]);
});

test('what a transaction changed that failed has no number', () => {
  const { changes, commit, newest } = setUp();
  changes.begin();
  changes.add('a');

  commit(['b']);

  expect(newest()?.[1]).toBe('["b"]');
});

test('about the newest 100,000 changes are kept', () => {
  const { commit, counts, advance } = setUp();
  const thousand = Array.from({ length: 1_000 }, (_, index) => `job-${index}`);

  for (let time = 0; time < 150; time += 1) {
    advance(1_000);
    commit(thousand);
  }

  expect(counts()).toEqual([100, 100_000]);
});

test('changes that are older than 10 minutes are deleted in parts, and the newest is kept', () => {
  const { commit, counts, advance } = setUp();
  for (let time = 0; time < 3_000; time += 1) commit(['a']);
  advance(600_001);
  commit(['b']);
  const part = counts();
  advance(1_000);
  commit(['c']);

  expect(part?.[0]).toBe(1_001);
  expect(counts()).toEqual([2, 2]);
});

test('numbers of ledgers differ, so that those of another one are a gap', async () => {
  const files = [await freshFile(), await freshFile()];
  const numbers = await Promise.all(
    files.map(async (file) => {
      const { store } = await openDatabase(file);
      await store.accept([sampleEntry(sampleMessage('q'))]);
      const reader = await openSqliteJobReader({ file });
      onTestFinished(() => reader.close());
      return { reader, newest: (await reader.activity.changes(0, 1)).newest };
    }),
  );

  const [one = expect.unreachable(), other = expect.unreachable()] = numbers;
  const [higher, lower] = one.newest > other.newest ? [one, other] : [other, one];
  expect(await lower.reader.activity.changes(higher.newest, 5)).toMatchObject({ isGap: true });
  expect(await higher.reader.activity.changes(lower.newest, 5)).toMatchObject({ isGap: true });
});

test('while two processes write and one of them is killed, every job that is there has a number', async () => {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { newest } = await reader.activity.changes(0, 1);
  await using other = await startProcess('./accepting-process.ts', file);
  await other.line();

  for (let time = 0; time < 20; time += 1) await store.accept([sampleEntry(sampleMessage('q'))]);
  await other.line();
  await other.kill();

  const { changes, isGap } = await reader.activity.changes(newest, 1_000);
  const { jobs } = await reader.list({ filter: {}, order: 'oldest-first', limit: 500 });
  expect(isGap).toBe(false);
  expect(changes.length).toBeGreaterThan(21);
  expect(changes.map(({ jobId }) => jobId).sort()).toEqual(jobs.map(({ id }) => id).sort());
  const numbers = changes.map(({ number }) => number - newest);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
