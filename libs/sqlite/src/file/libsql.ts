import Database from 'libsql';

/** What can be bound to a statement, and what a cell of a row holds. BLOBs are bytes. */
export type SqlValue = string | number | null | Uint8Array;
/** A row: its cells in the order of the columns. */
export type SqlRow = readonly SqlValue[];

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
  /** Whether a transaction is open. */
  inTransaction(): boolean;
  /** Closes; an open transaction is undone. */
  close(): void;
}

/**
 * Opens a SQLite file, making it if need be. The only place that knows libsql: its values are bound as one array (a lone
 * value that is an object would be taken for named parameters, and a lone null is refused), and BLOBs come back as
 * `Buffer` or as `ArrayBuffer`.
 */
export function openConnection(file: string): SqlConnection {
  const database = new Database(file);
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    prepare(sql) {
      const statement = database.prepare(sql);
      if (statement.reader) statement.raw();
      return {
        run: (...values) => statement.run(toBound(values)).changes,
        get(...values) {
          const row = statement.get(toBound(values)) as unknown[] | undefined;
          return row === undefined ? undefined : toRow(row);
        },
        all: (...values) => (statement.all(toBound(values)) as unknown[][]).map(toRow),
      };
    },
    inTransaction: () => database.inTransaction,
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

/** Somebody else has a lock that is needed, as an error of SQLite. */
export class FileBusy extends Error {
  override readonly name = 'FileBusy';
  readonly code = 'SQLITE_BUSY';
}

/** Whether SQLite gave up because somebody else has a lock that it needs. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** Whether SQLite had no room for what it was to write. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_FULL') ?? false;
}

/** Codes of what is wrong with one statement or its values, not with the file. */
const MISTAKES = ['SQLITE_CONSTRAINT', 'SQLITE_MISMATCH', 'SQLITE_RANGE', 'SQLITE_TOOBIG', 'SQLITE_ERROR'];

/** Whether SQLite failed for want of the file: disk full, locked, damaged. Then whatever else is tried fails too. */
export function isFileFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !MISTAKES.some((mistake) => code.startsWith(mistake));
}

function toBound(values: readonly SqlValue[]): readonly (SqlValue | Buffer)[] {
  return values.map(toBoundValue);
}

/**
 * libsql binds a `Buffer` as a BLOB; a plain `Uint8Array` is only viewed as one. It reads a text up to the first NUL, so NUL is
 * replaced by its picture; it replaces lone surrogates by itself.
 */
function toBoundValue(value: SqlValue): SqlValue | Buffer {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\u2400') : value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

function toRow(cells: unknown[]): SqlRow {
  for (const [index, cell] of cells.entries())
    if (cell instanceof ArrayBuffer) cells[index] = new Uint8Array(cell);
  return cells as SqlValue[];
}
