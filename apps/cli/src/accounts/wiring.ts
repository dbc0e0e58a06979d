import { createClosingSteps } from '@leveret/config';
import { createSqliteAccountStore, openSqliteDatabase } from '@leveret/sqlite';
import { databaseFromEnvironment, LEDGER_BUSY_MS } from '../config.ts';
import { openJobReader } from '../ledger/wiring.ts';
import type { OpenAccounts } from './dependencies.ts';

/**
 * Opens the accounts in `database`, or else in the ledger of the applications. Other processes may use it meanwhile.
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE`, also when the file is of an earlier version: the applications bring it up to date.
 */
export async function openAccounts(database: string | undefined): Promise<OpenAccounts> {
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    // First: it refuses a file that is missing or of another version, while opening the database would create it or bring it up to date.
    const reader = await openJobReader(database);
    await reader.close();
    const file = database ?? databaseFromEnvironment();
    const opened = await openSqliteDatabase({ file, busyTimeoutMs: LEDGER_BUSY_MS });
    closing.add(() => opened.close());
    return { ...createSqliteAccountStore({ database: opened }), close: closing.run };
  });
}
