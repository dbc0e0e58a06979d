import Database from 'libsql';

/** What can be bound to a statement. */
export type SqlValue = string | number | null | Uint8Array;
/** A row, by column name. BLOBs are bytes. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. */
export interface SqlStatement {
  /** Runs it; returns how many rows it changed. */
  run(...values: SqlValue[]): number;
  /** The first row, if any. */
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): readonly SqlRow[];
}

/** One connection to a SQLite file. Every call blocks its thread. */
export interface SqlConnection {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

/**
 * Opens a SQLite file, making it if need be. The only place that knows libsql: its values are bound as one array (a lone
 * value that is an object would be taken for named parameters, and a lone null is refused), and BLOBs come back as
 * `ArrayBuffer` from `all` and as `Buffer` from `get`.
 */
export function openConnection(file: string): SqlConnection {
  const database = new Database(file);
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => statement.run(values.map(toBound)).changes,
        get: (...values) => toRow(statement.get(values.map(toBound))),
        all: (...values) => statement.all(values.map(toBound)).map((row) => toRow(row) ?? {}),
      };
    },
    close: () => {
      database.close();
    },
  };
}

/** The result code of a SQLite error (`SQLITE_BUSY`), or undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code.startsWith('SQLITE_') ? error.code : undefined;
}

/** libsql binds a `Buffer` as a BLOB; a plain `Uint8Array` is only viewed as one. */
function toBound(value: SqlValue): SqlValue | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function toRow(row: unknown): SqlRow | undefined {
  if (row === undefined) return undefined;
  const cells = Object.entries(row as Record<string, SqlValue | ArrayBuffer>);
  return Object.fromEntries(
    cells.map(([name, value]) => [name, value instanceof ArrayBuffer ? new Uint8Array(value) : value]),
  );
}
