import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../../../fixtures/temporary-database.ts';
import { createSqliteAccountStore } from '../../../ledger/account-store.ts';
import { openConnection } from '../../libsql.ts';

test('a file of version 7 gets accounts, and keeps its audit', async () => {
  const file = await freshFile();
  const connection = openConnection(file);
  connection.exec(readFileSync(new URL('../../../../fixtures/version-7.sql', import.meta.url), 'utf8'));
  connection.close();

  const { database, store } = await openDatabase(file);
  const accounts = createSqliteAccountStore({ database });
  const isFirst = await accounts.addFirstAccount(
    { name: 'ada', role: 'admin', passwordHash: 'x' },
    { by: 'ann' },
  );

  expect(isFirst).toBe(true);
  expect(await store.audit({ limit: 10 })).toEqual([
    expect.objectContaining({ seq: 4, by: 'ann', action: 'add-account', subject: 'ada', detail: 'admin' }),
    expect.objectContaining({ seq: 3, action: 'start-operation' }),
    { seq: 2, at: 1_700_000_000_000, by: 'ann', reason: 'a test', action: 'pause', queue: 'mail' },
    expect.objectContaining({ seq: 1, action: 'cancel', before: 'queued', after: 'cancelled' }),
  ]);
});
