import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';
import { openSqliteJobReader } from './job-reader.ts';

test('a file that another program has to itself cannot be read, and the error says what to do', async () => {
  const file = await freshFile();
  const { database } = await openDatabase(file);
  await database.close();
  const other = openConnection(file);
  onTestFinished(() => other.close());
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');

  await expect(openSqliteJobReader({ file })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('another process has the file to itself: let it go on, or end it'),
  });
});
