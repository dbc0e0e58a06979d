import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { freshFile } from '../fixtures/temporary-database.ts';
import { openSqliteDatabase } from './database.ts';
import { refuseNetworkFileSystem } from './file/file-system.ts';
import { openConnection } from './file/libsql.ts';

const TAKER = { holder: 1, isOwnLedger: false };
const TEN = { lists: 10, characters: 1_000 };

test('what one turn of the event loop asks for is one commit: all of it is there, or none', async () => {
  const database = await openSqliteDatabase({ file: await freshFile() });

  const emitted = [database.call('emit', '[1]', 1), database.call('emit', '[2]', 1)];
  const taken = database.call('takeEvents', TAKER, TEN);

  await Promise.all(emitted);
  expect(await taken).toMatchObject({ lists: ['[1]', '[2]'] });
  await database.close();
});

test('a call that cannot be done fails alone: its neighbours in the same commit are done', async () => {
  const database = await openSqliteDatabase({ file: await freshFile() });

  const good = database.call('emit', '[1]', 1);
  const bad = database.call('emit', null as never, 1);
  const alsoGood = database.call('emit', '[2]', 1);

  await expect(bad).rejects.toMatchObject({ code: 'ENTRY_REFUSED' });
  await Promise.all([good, alsoGood]);
  expect(database.trouble()).toBeUndefined();
  expect(await database.call('takeEvents', TAKER, TEN)).toMatchObject({ lists: ['[1]', '[2]'] });
  await database.close();
});

test('a file that a newer version has written is refused', async () => {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec('PRAGMA user_version = 99');
  connection.close();

  await expect(openSqliteDatabase({ file })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('newer version'),
  });
});

test('a file of the first version keeps its jobs, what was claimed in it is free, and none is urgent', async () => {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec(readFileSync(new URL('../fixtures/version-5.sql', import.meta.url), 'utf8'));
  connection.exec(`DROP INDEX message_ready; DROP INDEX message_due;
    ALTER TABLE message DROP COLUMN priority; ALTER TABLE dead_letter DROP COLUMN priority;
    CREATE INDEX message_ready ON message (queue, seq) WHERE claim IS NULL AND due_at IS NULL;
    CREATE INDEX message_due ON message (queue, due_at) WHERE claim IS NULL AND due_at IS NOT NULL;
    ALTER TABLE message DROP COLUMN max_attempts; ALTER TABLE dead_letter DROP COLUMN max_attempts;
    ALTER TABLE message DROP COLUMN snoozes; ALTER TABLE dead_letter DROP COLUMN snoozes;
    ALTER TABLE dead_letter DROP COLUMN failure_details;
    ALTER TABLE message DROP COLUMN crashes; ALTER TABLE dead_letter DROP COLUMN crashes;
    ALTER TABLE message DROP COLUMN returns; ALTER TABLE message DROP COLUMN resent;
    DROP TABLE start; DROP TABLE unapplied_event; DROP TABLE meta;
    DROP TRIGGER event_told; DROP TABLE signal; DROP TABLE listener; DROP TABLE clock; ALTER TABLE claimant ADD COLUMN identity TEXT NOT NULL DEFAULT '';
    INSERT INTO message (queue, claim, id, kind, version, attempt, created_at, held_ms, body)
      VALUES ('q', 7, 'job', 'k', 1, 1, 1, 0, x'31'); PRAGMA user_version = 1`);
  connection.close();

  const database = await openSqliteDatabase({ file });

  const [rows] = await database.call('claim', 'q', 1, 1);
  expect(rows.map(([, redelivered, , , , id, , priority]) => [redelivered, id, priority])).toEqual([
    [1, 'job', 'normal'],
  ]);
  await database.close();
});

test('a file that is no database is refused with its name', async () => {
  const file = await freshFile();
  await writeFile(
    file,
    'this is a shopping list, not a database, and it is long enough to be read as a header\n'.repeat(20),
  );

  await expect(openSqliteDatabase({ file })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining(file),
  });
});

test('a path that cannot be a folder is refused as unwritable', async () => {
  const file = await freshFile();
  await writeFile(file, '');

  await expect(openSqliteDatabase({ file: `${file}/leveret.db` })).rejects.toMatchObject({
    code: 'DATA_DIR_UNWRITABLE',
  });
});

test('a network file system is refused by name, and a local one is not', () => {
  expect(() => refuseNetworkFileSystem(0x6969, '/mnt/share')).toThrow('/mnt/share is on NFS');
  expect(() => refuseNetworkFileSystem(0xef53, '/data')).not.toThrow();
});

test('a closed database refuses calls, and closing twice is closing once', async () => {
  const database = await openSqliteDatabase({ file: await freshFile() });

  await Promise.all([database.close(), database.close()]);

  await expect(database.call('hasEvents')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
