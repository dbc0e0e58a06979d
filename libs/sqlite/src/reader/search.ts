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
import { type Merged, mergeLists, type Part } from './merged-lists.ts';

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
    const step = atOnce(connection, () => {
      const limit = search.filtered ? wanted() : Math.min(STEP_JOBS, wanted());
      const found = scan(connection, search, request, place, limit);
      take(found.rows.map(({ id }) => id));
      return found;
    });
    if (step.last === undefined || wanted() <= 0) return;
    place = step.last;
    searched += step.size;
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
  // Unary plus: SQLite must not read by another index than that of the list.
  const taken = allOf(conditions.map(({ sql, values }) => ({ sql: `+(${sql})`, values })));
  return { lists, taken, filtered: conditions.length > 0 };
}

function countUpTo(connection: SqlConnection, { from, condition: { sql, values } }: JobList): number {
  const count = connection.prepare(
    `SELECT count(*) FROM (SELECT 1 FROM ${from} WHERE ${sql} LIMIT ${MAX_SORTED + 1})`,
  );
  return Number(count.get(...values)?.[0]);
}

/** The next jobs after `place` that are taken, at most `limit`, among the next {@link STEP_JOBS} or so. */
function scan(
  connection: SqlConnection,
  { lists, taken, filtered }: Search,
  { order, filter: { updated } }: JobListRequest,
  place: ListPlace | undefined,
  limit: number,
): Merged<ListPlace> {
  const isAscending = order === 'oldest-first';
  const [direction, after, upTo] = isAscending ? ['ASC', '>', '<='] : ['DESC', '<', '>='];
  const statements = new Map<string, SqlStatement>();

  function prepare(text: string): SqlStatement {
    const statement = statements.get(text) ?? connection.prepare(text);
    statements.set(text, statement);
    return statement;
  }

  /** The jobs of a list from one place to another, or to its end. */
  function jobsOf(list: JobList, from: ListPlace, to?: ListPlace): Condition {
    const { updatedAt, id } = list.order;
    const row = `(${updatedAt}, ${id})`;
    const conditions = [
      list.condition,
      ...rangeOf(updatedAt, updated),
      { sql: `${row} ${after} (?, ?)`, values: [from.updatedAt, from.id] },
      ...(to === undefined ? [] : [{ sql: `${row} ${upTo} (?, ?)`, values: [to.updatedAt, to.id] }]),
    ];
    return allOf(conditions);
  }

  function places({ from, order: { updatedAt, id } }: JobList, jobs: Condition, bound: string): ListPlace[] {
    const text = `SELECT ${updatedAt}, ${id} FROM ${from} WHERE ${jobs.sql} ORDER BY ${updatedAt} ${direction}, ${id} ${direction} ${bound}`;
    return prepare(text)
      .all(...jobs.values)
      .map(placeOfRow);
  }

  function readAll(list: JobList, from: ListPlace, size: number): Part<ListPlace> {
    const rows = places(list, jobsOf(list, from), `LIMIT ${size}`);
    return { rows, last: rows.length < size ? undefined : rows.at(-1), size: rows.length };
  }

  /** SQLite compares: jobs that are not taken never become values of this thread, whose garbage would hold up all threads of the process. */
  function readTaken(list: JobList, from: ListPlace, size: number): Part<ListPlace> {
    const [last] = places(list, jobsOf(list, from), `LIMIT 1 OFFSET ${size - 1}`);
    const jobs = jobsOf(list, from, last);
    const rows = places(list, allOf([jobs, taken]), `LIMIT ${size}`);
    return { rows, last, size: last === undefined ? countAll(list, jobs) : size };
  }

  function countAll({ from }: JobList, { sql, values }: Condition): number {
    return Number(prepare(`SELECT count(*) FROM ${from} WHERE ${sql}`).get(...values)?.[0]);
  }

  return mergeLists<ListPlace>({
    listCount: lists.length,
    limit,
    amount: filtered ? STEP_JOBS : limit,
    read(number, last = place ?? START[order], size) {
      const list = lists[number] ?? listOf(allOf([]));
      return filtered ? readTaken(list, last, size) : readAll(list, last, size);
    },
    compare(a, b) {
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
