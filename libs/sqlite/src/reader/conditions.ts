import { isOfKind, type JobFilter, type TimeRange } from '@leveret/core';
import type { SqlRow, SqlValue } from '../file/libsql.ts';

/** A condition on a row of `job`. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Jobs of one queue, kind and state: an index has them in the order of lists. */
export interface JobGroup {
  readonly queue: string;
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

/** Greater than every character of an id. */
const BEHIND_ALL = '\u{10FFFF}';

/** A row of `counter`: queue, kind, state and count. */
export function toGroup([queue, kind, state, count]: SqlRow): JobGroup {
  return { queue: String(queue), kind: String(kind), state: String(state), count: Number(count) };
}

/** Whether the jobs of a group fulfil what `filter` says of queue, kind and state. */
export function isSelected(group: JobGroup, { states, queue, kind }: JobFilter): boolean {
  if (states?.some((state) => state === group.state) === false) return false;
  if (queue !== undefined && queue !== group.queue) return false;
  return isOfKind(kind, group.kind);
}

/** The conditions of `filter` on queue, kind and state. `groups` are all groups that it selects. */
export function groupConditions(groups: readonly JobGroup[], filter: JobFilter): readonly Condition[] {
  const conditions: Condition[] = [];
  const add = (column: 'queue' | 'kind' | 'state') =>
    conditions.push(
      oneOf(
        column,
        groups.map((group) => group[column]),
      ),
    );
  if (filter.queue !== undefined) add('queue');
  if (filter.kind !== undefined) add('kind');
  if (filter.states !== undefined) add('state');
  return conditions;
}

/** Jobs that can be read in the order of lists. */
export interface JobList {
  /** What they are read from; `job` is part of it. */
  readonly from: string;
  /** The columns of the order: when a job was last updated, and its id. */
  readonly order: { readonly updatedAt: string; readonly id: string };
  readonly condition: Condition;
}

/** The jobs that fulfil a condition for which `job` has an index. */
export function listOf(condition: Condition): JobList {
  return { from: 'job', order: { updatedAt: 'updated_at', id: 'id' }, condition };
}

/** The jobs of a group. */
export function listOfGroup({ queue, kind, state }: JobGroup): JobList {
  return listOf({ sql: 'queue = ? AND kind = ? AND state = ?', values: [queue, kind, state] });
}

/** A condition for which there is an index, and the list of the jobs that fulfil it. */
export interface Indexed {
  readonly condition: Condition;
  readonly list: JobList;
}

/** The conditions of `filter` for which there is an index each, in the order of lists. */
export function indexedConditions({
  fingerprint,
  errorCode,
  worker,
  parentId,
  tags = [],
}: JobFilter): readonly Indexed[] {
  const columns = { fingerprint, error_code: errorCode, worker_id: worker, parent_id: parentId };
  const ofColumns = Object.entries(columns).flatMap(([column, value]) => {
    if (value === undefined) return [];
    const condition = { sql: `${column} = ?`, values: [value] };
    return [{ condition, list: listOf(condition) }];
  });
  return [...ofColumns, ...tags.map(tagged)];
}

function tagged(tag: string): Indexed {
  return {
    condition: {
      sql: 'EXISTS (SELECT 1 FROM job_tag WHERE tag = ? AND job_updated_at = job.updated_at AND job_id = job.id)',
      values: [tag],
    },
    list: {
      from: 'job_tag CROSS JOIN job ON job.id = job_tag.job_id',
      order: { updatedAt: 'job_tag.job_updated_at', id: 'job_tag.job_id' },
      condition: { sql: 'job_tag.tag = ?', values: [tag] },
    },
  };
}

/** The condition of `filter` on the id, if any. */
export function idConditions({ idPrefix }: JobFilter): readonly Condition[] {
  if (idPrefix === undefined) return [];
  return [{ sql: 'id >= ? AND id < ?', values: [idPrefix, `${idPrefix}${BEHIND_ALL}`] }];
}

/** The conditions of a range of times. */
export function rangeOf(column: string, { from, to }: TimeRange = {}): readonly Condition[] {
  const conditions: Condition[] = [];
  if (from !== undefined) conditions.push({ sql: `${column} >= ?`, values: [from] });
  if (to !== undefined) conditions.push({ sql: `${column} < ?`, values: [to] });
  return conditions;
}

/** The condition that all of these hold. */
export function allOf(conditions: readonly Condition[]): Condition {
  const sql = conditions.map((condition) => `(${condition.sql})`).join(' AND ');
  return { sql: sql === '' ? 'TRUE' : sql, values: conditions.flatMap(({ values }) => values) };
}

function oneOf(column: string, values: readonly string[]): Condition {
  const different = [...new Set(values)];
  return { sql: `${column} IN (${different.map(() => '?').join(', ')})`, values: different };
}
