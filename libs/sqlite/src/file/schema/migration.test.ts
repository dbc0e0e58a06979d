import { readFileSync, statSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../../fixtures/processes.ts';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openSqliteJobReader } from '../../reader/job-reader.ts';
import { openConnection } from '../libsql.ts';

const JOBS = 100_000;
/** How long a process may take to start and to migrate half, in milliseconds. */
const STARTED_WITHIN_MS = 60_000;
/** The log of a file has grown by so much in the middle of a migration, in bytes: it needs many times as much. */
const HALF_DONE_BYTES = 1024 ** 2;

/** A file that version 5 wrote, with {@link JOBS} more succeeded jobs. */
async function largeFile() {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec(readFileSync(new URL('../../../fixtures/version-5.sql', import.meta.url), 'utf8'));
  const [before] = connection.prepare('SELECT count(*) FROM job').get() ?? [];
  connection.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${JOBS}),
      copy (id, record, payload) AS (
        SELECT printf('0198c0de-0000-7000-9000-%012d', n), record, payload
          FROM number, (SELECT record, payload FROM job WHERE record ->> 'state' = 'succeeded' LIMIT 1)
      )
    INSERT INTO job (id, record, payload) SELECT id, json_set(record, '$.id', id), payload FROM copy
  `);
  connection.close();
  return { file, jobCount: Number(before) + JOBS };
}

test('a migration whose process is killed leaves the file as it was; of two processes at once, one migrates and no job is lost', async () => {
  const { file, jobCount } = await largeFile();
  const logBytes = () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  {
    await using doomed = await startProcess('./open-process.ts', file);
    await expect.poll(logBytes, { interval: 5, timeout: STARTED_WITHIN_MS }).toBeGreaterThan(HALF_DONE_BYTES);
    await doomed.kill();
  }
  const connection = openConnection(file);
  expect(connection.prepare('PRAGMA user_version').get()).toEqual([5]);
  expect(connection.prepare('SELECT count(*) FROM job').get()).toEqual([jobCount]);
  connection.close();

  const startedAt = performance.now();
  await using one = await startProcess('./open-process.ts', file);
  await using other = await startProcess('./open-process.ts', file);
  expect(await Promise.all([one.line(), other.line()])).toEqual(['open', 'open']);

  const tookMs = performance.now() - startedAt;
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const counts = await reader.counts();
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(jobCount);
  const { store } = await openDatabase(file);
  const last = `0198c0de-0000-7000-9000-${String(JOBS).padStart(12, '0')}`;
  expect(await store.get(last)).toMatchObject({ id: last, state: 'succeeded' });
  process.stdout.write(`${jobCount} jobs of version 5 migrated in ${Math.round(tookMs)} ms\n`);
}, 180_000);
