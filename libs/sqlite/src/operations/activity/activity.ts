import type { SqlConnection } from '../../file/libsql.ts';
import { type ChangeNumbers, createChangeNumbers } from './change-numbers.ts';
import { createRollups, type Rollups, type RollupsOptions } from './rollups.ts';

/** What is kept of the work of each commit, for those who follow the ledger. */
export interface Activity {
  readonly rollups: Rollups;
  readonly changes: ChangeNumbers;
  /** Returns how to forget what is counted from now on: it is undone in the same transaction. */
  mark(): () => void;
  /** A transaction begins. */
  begin(): void;
  /** The transaction is about to be committed: writes what is to be in it. */
  finish(): void;
  /** The transaction is committed. */
  committed(): void;
}

/** Creates it. */
export function createActivity(connection: SqlConnection, options: RollupsOptions): Activity {
  const rollups = createRollups(connection, options);
  const changes = createChangeNumbers(connection, options.now);

  return {
    rollups,
    changes,
    mark() {
      const mark = rollups.mark();
      return () => rollups.rewind(mark);
    },
    begin() {
      rollups.begin();
      changes.begin();
    },
    finish() {
      changes.finish();
      rollups.finish();
    },
    committed: () => rollups.committed(),
  };
}
