import type { JobFilter, JobListRequest, JobOrder } from '@leveret/core';
import type { SqlConnection, SqlRow, SqlStatement } from '../file/libsql.ts';
import { atOnce } from './at-once.ts';
import {
  allOf,
  type Condition,
  groupConditions,
  idConditions,
  indexedConditions,
  isSelected,
  type JobList,
  listOf,
  listOfGroup,
  rangeOf,
  toGroup,
} from './conditions.ts';
import { type ListPlace, placeOf } from './cursor.ts';
import { mergeLists } from './merged-lists.ts';

/** Jobs that are searched in one step: a few milliseconds. */
const STEP_JOBS = 4_000;
/** Up to so many jobs are sorted, and so many are counted to find the best index. */
const MAX_SORTED = 10_000;

/** How many jobs were searched so far. */
export type Searched = number;

/** Takes jobs that were found. */
export interface Finds {
  /** How many more are wanted. */
  readonly wanted: () => number;
  /** Called with the ids of the next ones, in order and at most as many as are wanted, while the file is as it was when they were found. */
  readonly take: (ids: readonly string[]) => void;
}

/**
 * Searches jobs step by step, so that several questions share a thread, and each can be stopped. Yields after each step how many jobs
 * were searched. Each step reads the file as it is at one moment.
 *
 * @throws {LeveretError} `CURSOR_INVALID`.
 */
export function* searchJobs(
  connection: SqlConnection,
  request: JobListRequest,
  { wanted, take }: Finds,
): Generator<Searched, void> {
  const search = planSearch(connection, request.filter);
  let place = placeOf(request);
  let searched = 0;
  while (search !== undefined) {
    const limit = search.filtered ? STEP_JOBS : Math.min(STEP_JOBS, wanted());
    const rows = atOnce(connection, () => {
      const found = scan(connection, search, request, place, limit);
      const hits = found.filter(([, , isHit]) => isHit === 1).slice(0, wanted());
      take(hits.map(([, id]) => String(id)));
      return found;
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit || wanted() <= 0) return;
    place = placeOfRow(last);
    searched += rows.length;
    yield searched;
  }
}

/** How jobs are searched. */
interface Search {
  /** Lists that an index has in order, or is sorted for. Each job is in one of them at most. */
  readonly lists: readonly JobList[];
  /** Which of their jobs are taken. */
  readonly taken: Condition;
  /** Whether there may be jobs that are not taken. */
  readonly filtered: boolean;
}

/** The search that reads the fewest jobs; undefined when no job can be found. */
function planSearch(connection: SqlConnection, filter: JobFilter): Search | undefined {
  const counters = connection.prepare('SELECT queue, kind, state, count FROM counter WHERE count > 0').all();
  const groups = counters.map(toGroup).filter((group) => isSelected(group, filter));
  if (groups.length === 0) return undefined;
  const grouped = groupConditions(groups, filter);
  const indexed = indexedConditions(filter);
  const byId = idConditions(filter);
  const others = [...byId, ...rangeOf('created_at', filter.created)];
  const conditions = indexed.map(({ condition }) => condition);
  if (byId.length > 0 && countUpTo(connection, listOf(allOf(byId))) <= MAX_SORTED)
    return toSearch(
      [listOf(allOf(byId))],
      [...rangeOf('created_at', filter.created), ...conditions, ...grouped],
    );
  const sizes = indexed.map((one) => ({ ...one, size: countUpTo(connection, one.list) }));
  if (sizes.some(({ size }) => size === 0)) return undefined;
  const [best] = sizes.sort((one, other) => one.size - other.size);
  const groupedSize = groups.reduce((sum, { count }) => sum + count, 0);
  const [lists, rest] =
    best !== undefined && best.size < groupedSize
      ? [[best.list], [...conditions.filter((condition) => condition !== best.condition), ...grouped]]
      : [groups.map(listOfGroup), conditions];
  return toSearch(lists, [...rest, ...others]);
}

function toSearch(lists: readonly JobList[], conditions: readonly Condition[]): Search {
  return { lists, taken: allOf(conditions), filtered: conditions.length > 0 };
}

function countUpTo(connection: SqlConnection, { from, condition: { sql, values } }: JobList): number {
  const count = connection.prepare(
    `SELECT count(*) FROM (SELECT 1 FROM ${from} WHERE ${sql} LIMIT ${MAX_SORTED + 1})`,
  );
  return Number(count.get(...values)?.[0]);
}

/** The next jobs after `place`, at most `limit`: when each was updated, its id, and 1 when it is taken. */
function scan(
  connection: SqlConnection,
  { lists, taken }: Search,
  { order, filter: { updated } }: JobListRequest,
  place: ListPlace | undefined,
  limit: number,
): readonly SqlRow[] {
  const isAscending = order === 'oldest-first';
  const [direction, after] = isAscending ? ['ASC', '>'] : ['DESC', '<'];
  const statements = new Map<string, SqlStatement>();

  function boundsOf({ updatedAt, id }: JobList['order']): Condition {
    const beyond = { sql: `(${updatedAt}, ${id}) ${after} (?, ?)`, values: [] };
    return allOf([...rangeOf(updatedAt, updated), beyond]);
  }

  function prepare({ from, order, condition: { sql } }: JobList): SqlStatement {
    const text = `SELECT ${order.updatedAt}, ${order.id}, ${taken.sql} FROM ${from} WHERE ${sql} AND ${boundsOf(order).sql}
      ORDER BY ${order.updatedAt} ${direction}, ${order.id} ${direction} LIMIT ?`;
    const statement = statements.get(text) ?? connection.prepare(text);
    statements.set(text, statement);
    return statement;
  }

  return mergeLists<SqlRow>({
    listCount: lists.length,
    limit,
    read(number, last, chunk) {
      const list = lists[number] ?? listOf(allOf([]));
      const from = last === undefined ? (place ?? START[order]) : placeOfRow(last);
      const { values } = boundsOf(list.order);
      return prepare(list).all(
        ...taken.values,
        ...list.condition.values,
        ...values,
        from.updatedAt,
        from.id,
        chunk,
      );
    },
    compare(one, other) {
      const [a, b] = [placeOfRow(one), placeOfRow(other)];
      const difference = a.updatedAt - b.updatedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
      return isAscending ? difference : -difference;
    },
  });
}

/** Before all jobs. */
const START: Readonly<Record<JobOrder, ListPlace>> = {
  'oldest-first': { updatedAt: Number.MIN_SAFE_INTEGER, id: '' },
  'newest-first': { updatedAt: Number.MAX_SAFE_INTEGER, id: '' },
};

function placeOfRow([updatedAt, id]: SqlRow): ListPlace {
  return { updatedAt: Number(updatedAt), id: String(id) };
}
