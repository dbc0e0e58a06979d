import type { SqlConnection } from '../file/libsql.ts';

/** Runs `step` on the file as it is at one moment. */
export function atOnce<T>(connection: SqlConnection, step: () => T): T {
  connection.exec('BEGIN');
  try {
    return step();
  } finally {
    connection.exec('COMMIT');
  }
}
