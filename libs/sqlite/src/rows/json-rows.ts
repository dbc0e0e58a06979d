import type { SqlValue } from '../file/libsql.ts';

/** The first `count` cells of each row of `json_each(?) AS given`, as columns. */
export function cellsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `given.value ->> ${index}`).join(', ');
}

/** What SQLite can keep of a text in JSON: NUL becomes its picture, and a lone surrogate the replacement character. */
export function toText(value: SqlValue): SqlValue {
  if (typeof value !== 'string' || !/[\0\p{Surrogate}]/u.test(value)) return value;
  return Buffer.from(value.replaceAll('\0', '\u2400')).toString();
}
