import { sampleMessage, succeeded } from '@leveret/testing';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';

test('the end of a start that is reported after the outcome of its attempt leaves nothing behind', async () => {
  const file = await freshFile();
  const { database, store } = await openDatabase(file);
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
});
