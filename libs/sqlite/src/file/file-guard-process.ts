import type { FromGuard, ToGuard } from './file-guard.ts';
import { openConnection, type SqlConnection } from './libsql.ts';

/**
 * The entry of the process that guards files: it keeps each one open, so that SQLite's lock on it stays, whatever the code of the parent
 * opens and closes. It ends with its parent and not before: a signal that goes to a whole group of processes is for the parent.
 */

const files = new Map<string, SqlConnection>();

function guard(file: string): void {
  const connection = openConnection(file);
  files.set(file, connection);
  // Read once, and the lock is held until the connection is closed. No transaction stays open: the log can be cut.
  connection.exec('PRAGMA busy_timeout = 5000; SELECT 1 FROM sqlite_schema LIMIT 1');
}

function release(file: string): void {
  files.get(file)?.close();
  files.delete(file);
}

function answer(reply: FromGuard): void {
  process.send?.(reply);
}

process.on('message', ({ ask, operation, file }: ToGuard) => {
  try {
    if (operation === 'guard') guard(file);
    else release(file);
    answer({ ask });
  } catch (error) {
    answer({ ask, failure: String(error) });
  }
});
process.on('disconnect', () => {
  for (const file of files.keys()) release(file);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
