import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobPage, type Random, silentLogger, systemClock } from '@leveret/core';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { fillLedger } from './filled-ledger.ts';
import { indexedQuestions } from './questions.ts';

const JOBS = 3_000;

test('every question to a filled ledger finds jobs, but those that are to find none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-questions-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file, logger: silentLogger });
  onTestFinished(() => database.close());
  const store = createSqliteJobStore({ database });
  const random = createSequence(1);
  const content = await fillLedger(store, {
    jobCount: JOBS,
    now: systemClock.now(),
    random,
    onProgress: () => undefined,
  });
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const groups = await reader.failureGroups(100);
  const found = new Map<string, boolean>();

  for (const { title, ask } of indexedQuestions(
    content,
    groups.map(({ fingerprint }) => fingerprint),
  )) {
    const answer = (await ask(reader, random)) as Partial<JobPage> | undefined;
    if (answer?.jobs !== undefined) found.set(title, answer.jobs.length > 0);
  }

  expect(await reader.count({})).toMatchObject({ count: JOBS, isExact: true });
  const empty = [...found].filter(([, hasJobs]) => !hasJobs).map(([title]) => title);
  // A ledger as small as this one may have no job of two conditions.
  expect(empty.filter((title) => !/no match|range of time|and state/.test(title))).toEqual([]);
  expect(empty).toEqual(expect.arrayContaining([...found.keys()].filter((title) => /no match/.test(title))));
});

/** The same numbers each time (mulberry32): which jobs there are is no matter of chance. */
function createSequence(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
