import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type JobReader, type JobStore, LeveretError } from '@leveret/core';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import { databaseFromEnvironment, LEDGER_BUSY_MS } from '../config.ts';

/**
 * Opens the ledger in `database`, or else that of the applications, to read it.
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read.
 */
export async function openJobReader(database: string | undefined): Promise<JobReader> {
  return await openSqliteJobReader({ file: fileOf(database) });
}

/**
 * Opens the ledger in `database`, or else that of the applications, to change it. Other processes may use it meanwhile.
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be used.
 */
export async function openJobStore(file: string | undefined): Promise<JobStore> {
  const database = await openSqliteDatabase({ file: fileOf(file), busyTimeoutMs: LEDGER_BUSY_MS });
  const store = createSqliteJobStore({ database });
  return {
    ...store,
    async close() {
      await store.close();
      await database.close();
    },
  };
}

function fileOf(database: string | undefined): string {
  const file = database ?? databaseFromEnvironment();
  if (existsSync(file)) return file;
  throw new LeveretError(
    'CONFIG_INVALID',
    `there is no ledger ${resolve(file)}: run this where the ledger is, and name its file with --database, LEVERET_STORE_URL or LEVERET_DATA_DIR; the API creates it when it starts`,
  );
}
