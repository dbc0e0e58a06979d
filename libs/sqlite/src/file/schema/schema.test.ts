import { readFileSync } from 'node:fs';
import { fingerprintOf, type JobRecord, type RecordableEvent, withParent } from '@leveret/core';
import { sampleEntry, sampleMessage, started } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openSqliteJobReader } from '../../reader/job-reader.ts';
import { openConnection } from '../libsql.ts';
import { migrate } from './schema.ts';

/** A file that an earlier version wrote. */
async function fileOf(version: number) {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec(readFileSync(new URL(`../../../fixtures/version-${version}.sql`, import.meta.url), 'utf8'));
  return { file, connection };
}

/** A file that version 5 wrote, with jobs in every state that it knew. */
async function oldFile() {
  const { file, connection } = await fileOf(5);
  const rows = connection.prepare('SELECT record, payload, headers FROM job ORDER BY id').all();
  const records = rows.map(([record, payload, headers]) => ({
    ...(JSON.parse(String(record)) as JobRecord),
    ...(payload instanceof Uint8Array ? { payload: JSON.parse(new TextDecoder().decode(payload)) } : {}),
    ...(typeof headers === 'string' ? { headers: JSON.parse(headers) } : {}),
  }));
  return { file, connection, records };
}

test('jobs with results and texts that SQLite cannot read as JSON are migrated, and can be listed', async () => {
  const { file, connection, records } = await oldFile();
  const [first = expect.unreachable()] = records;
  const id = '0198c0de-0000-7000-8000-000000000099';
  const result = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`);
  const { payload, headers, ...base } = first;
  const odd = {
    ...base,
    id,
    state: 'dead',
    result,
    runsOn: 'a\ud83d',
    failure: { code: 'X', message: 'cut \ud83d' },
  };
  connection.prepare('INSERT INTO job (id, record) VALUES (?, ?)').run(id, JSON.stringify(odd));
  connection.close();

  const { store } = await openDatabase(file);

  expect(await store.get(id)).toMatchObject({ state: 'dead', result, runsOn: 'a\ufffd' });
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { jobs } = await reader.list({ filter: { idPrefix: id }, order: 'newest-first', limit: 5 });
  expect(jobs).toMatchObject([{ id, failureMessage: expect.stringMatching(/^cut /) }]);
});

test('the jobs of a file of version 5 are the same afterwards, and can be searched', async () => {
  const { file, connection, records } = await oldFile();
  connection.close();

  const { store } = await openDatabase(file);

  expect(records).toHaveLength(9);
  for (const record of records) expect(await store.get(record.id)).toEqual(record);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { failure = expect.unreachable() } = records.find(({ state }) => state === 'dead') ?? {};
  const filter = {
    fingerprint: fingerprintOf(failure),
    errorCode: 'ECONNREFUSED',
    states: ['dead'],
  } as const;
  expect(await reader.list({ filter, order: 'newest-first', limit: 5 })).toMatchObject({
    jobs: [{ id: expect.stringMatching(/6$/), failureMessage: failure.message }],
  });
  expect(await reader.counts()).toEqual(
    expect.arrayContaining([{ queue: 'mail', kind: 'mail.send', state: 'succeeded', count: 3 }]),
  );
});

test('undispatched jobs of a file of version 5 are still sent', async () => {
  const { file, connection } = await oldFile();
  connection.exec('UPDATE job SET leased_until = 0 WHERE undispatched_at IS NOT NULL');
  connection.close();

  const { store } = await openDatabase(file);

  const claimed = await store.claimUndispatched({ limit: 10, maxBytes: 1_000, leaseMs: 1_000 });
  expect(claimed.map(({ message }) => message)).toMatchObject([
    { kind: 'mail.send', queue: 'mail', priority: 'normal', createdAt: 1_700_000_000_002 },
  ]);
});

test('the jobs of a file of version 6 are the same afterwards, and can be acted on', async () => {
  const { file, connection } = await fileOf(6);
  connection.close();
  const [undispatched, dead, done] = [1, 2, 3].map(
    (number) => `0198c0de-0000-7000-8000-00000000000${number}`,
  );

  const { store } = await openDatabase(file);

  expect(await store.get(undispatched ?? '')).toMatchObject({
    state: 'queued',
    payload: { to: ['ann@example.com'] },
  });
  expect(await store.get(done ?? '')).toMatchObject({ state: 'succeeded', result: { accepted: 1 } });
  expect(await store.get(dead ?? '')).toMatchObject({
    state: 'dead',
    attempt: 3,
    tags: ['eu'],
    failure: { errorCode: 'ECONNREFUSED' },
  });
  const by = 'ann';
  const answers = await store.control([
    { action: 'cancel', jobId: undispatched ?? '', by },
    { action: 'retry', jobId: dead ?? '', by },
  ]);
  expect(answers).toMatchObject([
    { kind: 'done', after: 'cancelled', seq: 1 },
    {
      kind: 'done',
      seq: 2,
      outgoing: { message: { attempt: 4, maxAttempts: 6, generation: 1, headers: { traceparent: 't' } } },
    },
  ]);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const states = (await reader.counts()).map(({ state, count }) => [state, count]);
  expect(states.sort()).toEqual([
    ['cancelled', 1],
    ['queued', 1],
    ['succeeded', 1],
  ]);
});

test('what a file of version 7 holds is the same afterwards, its operation goes on, and its activity is followed', async () => {
  const { file, connection } = await fileOf(7);
  connection.close();
  const [queued = '', dead = '', done = '', cancelled = ''] = [1, 2, 3, 4].map(
    (number) => `0198c0de-0000-7000-8000-00000000000${number}`,
  );

  const { store } = await openDatabase(file);

  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { newest } = await reader.activity.changes(0, 1);
  expect(await store.get(queued)).toMatchObject({ payload: { to: ['ann@example.com'] }, redact: ['to'] });
  expect(await store.get(done)).toMatchObject({ state: 'succeeded', history: 'failed' });
  expect(await store.get(cancelled)).toMatchObject({ state: 'cancelled', generation: 1 });
  expect(await reader.get(dead)).toMatchObject({
    job: { state: 'dead', tags: ['eu'], failure: { errorCode: 'ECONNREFUSED' } },
    attempts: [{ host: 'web-1', queueWaitMs: 8_998, outcome: 'dead' }],
  });
  expect(await reader.logLines(dead)).toMatchObject([{ message: 'connected' }]);
  expect(await reader.setAside.counts()).toEqual({ messages: 1, events: 1 });
  expect(await store.pauses()).toMatchObject([{ queue: 'mail', by: 'ann' }]);
  expect(await store.view({ instanceId: 'i', queues: ['mail'], afterSeq: 0 })).toMatchObject({
    superseded: [{ jobId: cancelled }],
  });
  const claim = { holder: 'a', leaseMs: 1_000 };
  const { id: operationId = '' } = (await store.claimOperation(claim)) ?? {};
  const { operation } = await store.workOperation({ ...claim, operationId, limit: 5 });
  expect(operation).toMatchObject({ state: 'done', done: 1, unaware: [] });
  expect(await reader.activity.changes(newest, 5)).toMatchObject({ changes: [{ jobId: dead }] });
});

test('the job that is due first is found in a file of version 8', async () => {
  const { file, connection } = await fileOf(8);
  connection.close();

  await openDatabase(file);

  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  expect(await reader.activity.oldestWaiting(1_700_000_060_000)).toEqual([]);
  expect(await reader.activity.oldestWaiting(1_700_000_060_001)).toEqual([
    { queue: 'mail', readyAt: 1_700_000_060_001 },
  ]);
});

test('a file of version 9 keeps its groups and accounts, and trends of its failures start with the next one', async () => {
  const { file, connection } = await fileOf(9);
  connection.close();

  const { store, database } = await openDatabase(file);

  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const [{ fingerprint } = expect.unreachable()] = await reader.failureGroups(5);
  const newJobsNow = async () =>
    (await reader.activity.failureTrends([fingerprint], Date.now())).trends.map(({ newJobs }) => newJobs);
  expect(await newJobsNow()).toEqual([0]);
  expect(await database.call('findAccount', 'ann')).toMatchObject({ role: 'admin' });
  const { job } = (await reader.get('0198c0de-0000-7000-8000-000000000002')) ?? expect.unreachable();
  const { type: _type, ...base } = started(sampleMessage('mail'));
  await store.apply([{ ...base, type: 'retried', failure: job.failure, delayMs: 1 } as RecordableEvent]);
  expect(await newJobsNow()).toEqual([1]);
});

test('jobs of a file of version 9 have no parent, and children that are enqueued later are found by theirs', async () => {
  const { file, connection } = await fileOf(9);
  connection.close();
  const parentId = '0198c0de-0000-7000-8000-000000000003';

  const { store } = await openDatabase(file);

  const child = sampleMessage('mail');
  await store.accept([sampleEntry({ ...child, headers: withParent({}, parentId) })]);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { jobs } = await reader.list({ filter: { parentId }, order: 'newest-first', limit: 5 });
  expect(jobs.map(({ id }) => id)).toEqual([child.id]);
  expect(await store.get(parentId)).not.toHaveProperty('parentId');
});

test('a file with 100,000 jobs of version 7 is migrated within 10 s', async () => {
  const { connection } = await fileOf(7);
  connection.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
    INSERT INTO job (id, kind, queue, priority, state, attempt, max_attempts, settled_attempt, created_at, updated_at)
      SELECT printf('%036d', n), 'mail.send', 'mail', 'normal', 'succeeded', 1, 3, 1, n, n FROM numbers`);
  const since = performance.now();

  connection.exec('BEGIN IMMEDIATE');
  migrate(connection);
  connection.exec('COMMIT');

  const tookMs = performance.now() - since;
  connection.close();
  expect(tookMs).toBeLessThan(10_000);
});

test('an interrupted migration leaves the file as it was', async () => {
  const { file, connection, records } = await oldFile();
  connection.exec('BEGIN IMMEDIATE');
  migrate(connection);
  connection.exec('ROLLBACK');
  connection.close();

  const { store } = await openDatabase(file);

  expect(await store.get(records[0]?.id ?? '')).toEqual(records[0]);
});

test('a reader refuses a file that was not brought up to date, or is of a newer version, or is not there', async () => {
  const { file, connection } = await oldFile();
  await expect(openSqliteJobReader({ file })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('older version'),
  });
  connection.exec('PRAGMA user_version = 1000');
  connection.close();
  await expect(openSqliteJobReader({ file })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('newer version'),
  });
  await expect(openSqliteJobReader({ file: `${file}.none` })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
});
