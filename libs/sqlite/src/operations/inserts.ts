import type { SqlConnection, SqlValue } from '../file/libsql.ts';

/** Rows that go in by one statement: to bind and run one costs as much as to insert the row itself. */
const ROWS_AT_ONCE = 10;

/** Rows on their way into a table, several by one statement. */
export interface Inserts {
  /** Takes a row; it is in the table after the next {@link flush}. */
  add(row: readonly SqlValue[]): void;
  /** Inserts what was taken, in its order. After a failure nothing of it is left here, whatever of it is in the table. */
  flush(): void;
  /** Forgets what was taken. */
  discard(): void;
}

/** What is inserted. */
export interface InsertsOptions {
  readonly table: string;
  /** The names of the columns that a row has values of, with commas. */
  readonly columns: string;
  /** What follows the values, if anything. */
  readonly onConflict?: string;
}

/** Prepares to insert rows. */
export function createInserts(
  connection: SqlConnection,
  { table, columns, onConflict = '' }: InsertsOptions,
): Inserts {
  const columnCount = columns.split(',').length;
  const placeholders = `(${Array(columnCount).fill('?').join(', ')})`;
  const prepare = (rowCount: number) =>
    connection.prepare(
      `INSERT INTO ${table} (${columns}) VALUES ${Array(rowCount).fill(placeholders).join(', ')} ${onConflict}`,
    );
  const one = prepare(1);
  const many = prepare(ROWS_AT_ONCE);
  let values: SqlValue[] = [];

  return {
    add(row) {
      values.push(...row);
    },
    flush() {
      const taken = values;
      values = [];
      const together = ROWS_AT_ONCE * columnCount;
      let from = 0;
      for (; from + together <= taken.length; from += together)
        many.run(...taken.slice(from, from + together));
      for (; from < taken.length; from += columnCount) one.run(...taken.slice(from, from + columnCount));
    },
    discard() {
      values = [];
    },
  };
}
