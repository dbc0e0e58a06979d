import type { JobFilter, TimeRange } from '@leveret/core';
import type { SqlValue } from '../file/libsql.ts';

/** A condition on a row of `job`. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** An index by which a list can be read in its order: the jobs that have one of `values` in `column`. */
export interface IndexedCondition {
  readonly column: string;
  readonly values: readonly SqlValue[];
}

/** Greater than every character of an id. */
const BEHIND_ALL = '\u{10FFFF}';

/** The conditions of `filter` by which an index is ordered. `kinds` are the kinds that there are. */
export function indexedConditions(filter: JobFilter, kinds: readonly string[]): readonly IndexedCondition[] {
  const { states, queue, kind, errorCode, fingerprint, worker } = filter;
  const conditions: IndexedCondition[] = [];
  const add = (column: string, values: readonly SqlValue[]) => conditions.push({ column, values });
  if (fingerprint !== undefined) add('fingerprint', [fingerprint]);
  if (errorCode !== undefined) add('error_code', [errorCode]);
  if (worker !== undefined) add('worker', [worker]);
  if (states !== undefined) add('state', [...new Set(states)]);
  if (queue !== undefined) add('queue', [queue]);
  if (kind !== undefined)
    add('kind', kind.isPrefix ? kinds.filter((name) => name.startsWith(kind.name)) : [kind.name]);
  return conditions;
}

/** The conditions of `filter` that no index is ordered by. */
export function otherConditions({ idPrefix, created }: JobFilter): readonly Condition[] {
  const conditions: Condition[] = [];
  if (idPrefix !== undefined)
    conditions.push({ sql: 'id >= ? AND id < ?', values: [idPrefix, `${idPrefix}${BEHIND_ALL}`] });
  return [...conditions, ...rangeOf('created_at', created)];
}

/** The condition that a column has one of the values. */
export function oneOf({ column, values }: IndexedCondition): Condition {
  return { sql: `${column} IN (${Array(values.length).fill('?').join(', ')})`, values };
}

/** The conditions of a range of times. */
export function rangeOf(column: string, { from, to }: TimeRange = {}): readonly Condition[] {
  const conditions: Condition[] = [];
  if (from !== undefined) conditions.push({ sql: `${column} >= ?`, values: [from] });
  if (to !== undefined) conditions.push({ sql: `${column} < ?`, values: [to] });
  return conditions;
}

/** All of them at once. */
export function allOf(conditions: readonly Condition[]): Condition {
  const sql = conditions.map((condition) => `(${condition.sql})`).join(' AND ');
  return { sql: sql === '' ? 'TRUE' : sql, values: conditions.flatMap(({ values }) => values) };
}
