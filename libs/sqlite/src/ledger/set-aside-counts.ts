import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LeveretError, messageOf, type SetAsideCounts } from '@leveret/core';
import { openConnection } from '../file/libsql.ts';
import { requireTables } from '../file/schema/schema.ts';
import { createSetAsideQueries } from '../reader/set-aside.ts';

/**
 * How many events the ledger in a database file keeps because they cannot be applied, and how many messages it has set aside. Processes
 * may use the file meanwhile. Blocks this thread while it reads.
 *
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read or is of another version.
 */
export function countSetAside(file: string): SetAsideCounts {
  const path = resolve(file);
  if (!existsSync(path)) throw new LeveretError('CONFIG_INVALID', `there is no file ${path}`);
  try {
    const connection = openConnection(path);
    try {
      connection.exec('PRAGMA busy_timeout = 5000; PRAGMA query_only = ON');
      requireTables(connection);
      return createSetAsideQueries(connection).counts();
    } finally {
      connection.close();
    }
  } catch (cause) {
    throw new LeveretError('STORE_UNAVAILABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
