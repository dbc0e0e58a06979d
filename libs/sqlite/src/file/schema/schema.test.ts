import { readFileSync } from 'node:fs';
import { fingerprintOf, type JobRecord } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openSqliteJobReader } from '../../reader/job-reader.ts';
import { openConnection } from '../libsql.ts';
import { migrate } from './schema.ts';

/** A file that version 5 wrote, with jobs in every state that it knew. */
async function oldFile() {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec(readFileSync(new URL('../../../fixtures/version-5.sql', import.meta.url), 'utf8'));
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
