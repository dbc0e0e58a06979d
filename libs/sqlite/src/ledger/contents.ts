import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  BLOB_GRACE_MS,
  LeveretError,
  MAX_COUNTED_EVENTS,
  messageOf,
  type QueuePause,
  type SetAsideCounts,
} from '@leveret/core';
import { createClockOperations } from '../file/clock-operations.ts';
import { openConnection, type SqlConnection } from '../file/libsql.ts';
import { requireTables } from '../file/schema/schema.ts';
import { preparePauses } from '../operations/control/queue-pauses.ts';
import { createSetAsideQueries } from '../reader/set-aside.ts';

/** Files that are still there so long after they should have been deleted, in milliseconds, are overdue: a day. */
const OVERDUE_MS = 86_400_000;

/** What the ledger in a file has besides jobs. */
export interface LedgerContents {
  /** Events that it keeps because they cannot be applied, and messages that it has set aside. */
  readonly setAside: SetAsideCounts;
  /** Paused queues, by name. */
  readonly pauses: readonly QueuePause[];
  /** Keys of files and folders of deleted jobs that should have been deleted over a day ago, counted up to `MAX_COUNTED_EVENTS`. */
  readonly overdueBlobCount: number;
}

/**
 * Looks what the ledger in a database file has besides jobs. Processes may use the file meanwhile. Blocks this thread while it reads.
 *
 * @param now Milliseconds since 1970.
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read or is of another version.
 */
export function readContents(file: string, now: number): LedgerContents {
  const path = resolve(file);
  if (!existsSync(path)) throw new LeveretError('CONFIG_INVALID', `there is no file ${path}`);
  try {
    const connection = openConnection(path);
    try {
      connection.exec('PRAGMA busy_timeout = 2000; PRAGMA query_only = ON');
      requireTables(connection);
      return {
        setAside: createSetAsideQueries(connection).counts(),
        pauses: preparePauses(connection)(),
        overdueBlobCount: countOverdueBlobs(connection, now),
      };
    } finally {
      connection.close();
    }
  } catch (cause) {
    throw new LeveretError('STORE_UNAVAILABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function countOverdueBlobs(connection: SqlConnection, now: number): number {
  const { aheadMs, lastAt } = createClockOperations(connection).readClock();
  const dueAt = Math.max(now + aheadMs, lastAt) - BLOB_GRACE_MS - OVERDUE_MS;
  const count = connection.prepare(
    'SELECT COUNT(*) FROM (SELECT 1 FROM unreferenced_blob WHERE since_at <= ? LIMIT ?)',
  );
  return Number(count.get(dueAt, MAX_COUNTED_EVENTS)?.[0]);
}
