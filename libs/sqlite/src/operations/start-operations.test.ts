import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleMessage, succeeded } from '@leveret/testing';
import { expect, test } from 'vitest';
import { openSqliteDatabase } from '../database.ts';
import { openConnection } from '../file/libsql.ts';
import { createSqliteJobStore } from '../ledger/job-store.ts';

test('the end of a start that is reported after the outcome of its attempt leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-starts-'));
  const file = join(folder, 'jobs.db');
  const database = await openSqliteDatabase({ file });
  const store = createSqliteJobStore({ database });
  const message = sampleMessage('q');
  const end = { queue: 'q', jobId: message.id, attempt: 1, instanceId: 'a' };

  await store.noteEnds([end]);
  await store.apply([succeeded(message)]);
  await store.noteEnds([end]);
  await store.noteEnds([{ ...end, attempt: 2 }]);
  await store.close();
  await database.close();

  const connection = openConnection(file);
  expect(connection.prepare('SELECT job_id, attempt FROM start').all()).toEqual([[message.id, 2]]);
  connection.close();
  await rm(folder, { recursive: true });
});
