import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LeveretError, messageOf, type QueuePause, type SetAsideCounts } from '@leveret/core';
import { openConnection } from '../file/libsql.ts';
import { requireTables } from '../file/schema/schema.ts';
import { preparePauses } from '../operations/control/queue-pauses.ts';
import { createSetAsideQueries } from '../reader/set-aside.ts';

/** What the ledger in a file has besides jobs. */
export interface LedgerContents {
  /** Events that it keeps because they cannot be applied, and messages that it has set aside. */
  readonly setAside: SetAsideCounts;
  /** Paused queues, by name. */
  readonly pauses: readonly QueuePause[];
}

/**
 * Looks what the ledger in a database file has besides jobs. Processes may use the file meanwhile. Blocks this thread while it reads.
 *
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read or is of another version.
 */
export function readContents(file: string): LedgerContents {
  const path = resolve(file);
  if (!existsSync(path)) throw new LeveretError('CONFIG_INVALID', `there is no file ${path}`);
  try {
    const connection = openConnection(path);
    try {
      connection.exec('PRAGMA busy_timeout = 2000; PRAGMA query_only = ON');
      requireTables(connection);
      return { setAside: createSetAsideQueries(connection).counts(), pauses: preparePauses(connection)() };
    } finally {
      connection.close();
    }
  } catch (cause) {
    throw new LeveretError('STORE_UNAVAILABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
