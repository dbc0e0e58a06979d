import { type Clock, type JobStore, systemClock } from '@leveret/core';
import type { SqliteDatabase } from './database.ts';

/** What the ledger works with. */
export interface SqliteJobStoreOptions {
  /** Stays open when the ledger is closed. */
  readonly database: SqliteDatabase;
  readonly clock?: Clock;
}

/** The ledger in a SQLite file, shared by the processes of one machine. */
export function createSqliteJobStore({ database, clock = systemClock }: SqliteJobStoreOptions): JobStore {
  return {
    accept: (entries) => database.call('accept', entries, clock.now()),
    markDispatched: (ids) => database.call('markDispatched', ids),
    apply: (events) => database.call('apply', events),
    get: (id) => database.call('get', id),
    claimUndispatched: (options) => database.call('claimUndispatched', options, clock.now()),
    status() {
      const reason = database.trouble();
      return reason === undefined ? { state: 'up' } : { state: 'down', reason };
    },
    // Calls are in order: when this one is answered, all before it are.
    async close() {
      if (database.trouble() === undefined) await database.call('hasEvents');
    },
  };
}
