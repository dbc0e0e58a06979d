import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type JobReader, LeveretError } from '@leveret/core';
import { openSqliteJobReader } from '@leveret/sqlite';
import { databaseFromEnvironment } from '../config.ts';

/**
 * Opens the ledger in `database`, or else that of the applications.
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read.
 */
export async function openJobReader(database: string | undefined): Promise<JobReader> {
  const file = database ?? databaseFromEnvironment();
  if (!existsSync(file))
    throw new LeveretError(
      'CONFIG_INVALID',
      `there is no ledger ${resolve(file)}: run this where the ledger is, and name its file with --database, LEVERET_STORE_URL or LEVERET_DATA_DIR; the API creates it when it starts`,
    );
  return await openSqliteJobReader({ file });
}
