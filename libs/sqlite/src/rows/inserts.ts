import type { SqlConnection, SqlRow, SqlStatement, SqlValue } from '../file/libsql.ts';

/** Rows that go in by one statement: to bind and run one costs as much as to insert the row itself. */
const ROWS_AT_ONCE = 10;

/** Rows on their way into a table, several by one statement. */
export interface Inserts {
  /** Takes a row; it is in the table after the next {@link flush}. */
  add(row: SqlRow): void;
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
  /**
   * Values that nearly every row has in some columns: constants, without quotes in texts. A row that has all of them is inserted by a
   * statement that contains them, because binding a value costs about 0.3 µs.
   */
  readonly usual?: Readonly<Record<string, string | number | null>>;
  /** What follows the values, if anything. */
  readonly onConflict?: string;
}

/** How rows of one shape are inserted. */
interface Shape {
  readonly one: SqlStatement;
  readonly many: SqlStatement;
  /** The places in a row of the values that are bound. */
  readonly bound: readonly number[];
}

/** Prepares to insert rows. */
export function createInserts(connection: SqlConnection, options: InsertsOptions): Inserts {
  const names = options.columns.split(', ');
  const { usual = {} } = options;
  const usualPlaces = names.flatMap((name, place) => {
    const value = usual[name];
    return value === undefined ? [] : [{ place, value }];
  });
  const [full, short] = [prepareShape({}), prepareShape(usual)];
  let rows: SqlRow[] = [];

  function prepareShape(constants: Required<InsertsOptions>['usual']): Shape {
    const { table, columns, onConflict = '' } = options;
    const values = names.map((name) => toSql(constants[name]));
    const prepare = (rowCount: number) =>
      connection.prepare(
        `INSERT INTO ${table} (${columns}) VALUES ${Array(rowCount)
          .fill(`(${values.join(', ')})`)
          .join(', ')} ${onConflict}`,
      );
    const bound = values.flatMap((value, place) => (value === '?' ? [place] : []));
    return { one: prepare(1), many: prepare(ROWS_AT_ONCE), bound };
  }

  function shapeOf(row: SqlRow): Shape {
    return usualPlaces.every(({ place, value }) => row[place] === value) ? short : full;
  }

  function insert({ one, many, bound }: Shape, taken: readonly SqlRow[]): void {
    let from = 0;
    for (; from + ROWS_AT_ONCE <= taken.length; from += ROWS_AT_ONCE)
      many.run(...valuesOf(taken.slice(from, from + ROWS_AT_ONCE), bound));
    for (const row of taken.slice(from)) one.run(...valuesOf([row], bound));
  }

  return {
    add(row) {
      rows.push(row);
    },
    flush() {
      const taken = rows;
      rows = [];
      for (let from = 0; from < taken.length; ) {
        const shape = shapeOf(taken[from] ?? []);
        let end = from + 1;
        while (end < taken.length && shapeOf(taken[end] ?? []) === shape) end += 1;
        insert(shape, taken.slice(from, end));
        from = end;
      }
    },
    discard() {
      rows = [];
    },
  };
}

function toSql(constant: string | number | null | undefined): string {
  if (constant === undefined) return '?';
  return typeof constant === 'string' ? `'${constant}'` : String(constant ?? 'NULL');
}

function valuesOf(rows: readonly SqlRow[], places: readonly number[]): readonly SqlValue[] {
  const values: SqlValue[] = [];
  for (const row of rows) for (const place of places) values.push(row[place] ?? null);
  return values;
}
