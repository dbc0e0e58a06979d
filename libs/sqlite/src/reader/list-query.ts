import type { JobFilter, JobListRequest, JobPage, JobSummary } from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from '../file/libsql.ts';
import { RECORD_COLUMNS, toJobRecord } from '../operations/job-rows.ts';
import {
  allOf,
  type Condition,
  type IndexedCondition,
  indexedConditions,
  oneOf,
  otherConditions,
  rangeOf,
} from './conditions.ts';
import { type ListPlace, placeOf, toCursor } from './cursor.ts';

/** Jobs that are searched in one step: a few milliseconds. */
const STEP_JOBS = 4_000;
/** Up to so many jobs are sorted, and so many are counted to find the best index. */
const MAX_SORTED = 10_000;
/** Values of one column whose lists are merged; with more, the lists of all states are. */
const MAX_MERGED = 50;

/** How many jobs were searched so far. */
export type Searched = number;

/**
 * Lists jobs step by step, so that several questions share a thread, and each can be stopped. Yields after each step how many jobs
 * were searched. Each step reads the file as it is at one moment.
 *
 * @throws {LeveretError} `CURSOR_INVALID`.
 */
export function* listJobs(connection: SqlConnection, request: JobListRequest): Generator<Searched, JobPage> {
  const wanted = request.limit + 1;
  const jobs: JobSummary[] = [];
  const search = planSearch(connection, request.filter);
  let place = placeOf(request);
  let searched = 0;
  while (search !== undefined) {
    const step = search.filtered
      ? { scan: STEP_JOBS, take: wanted - jobs.length }
      : { scan: wanted, take: wanted };
    const found = atOnce(connection, () => {
      const rows = scan(connection, search, request, place, step.scan);
      const hits = rows.filter(([, , isHit]) => isHit === 1).slice(0, step.take);
      return { rows, summaries: hits.flatMap(([, id]) => summaryOf(connection, String(id))) };
    });
    jobs.push(...found.summaries);
    const last = found.rows.at(-1);
    if (last === undefined || found.rows.length < step.scan || jobs.length >= wanted) break;
    place = { updatedAt: Number(last[0]), id: String(last[1]) };
    searched += found.rows.length;
    yield searched;
  }
  const page = jobs.slice(0, request.limit);
  const end = page.at(-1);
  return jobs.length > page.length && end !== undefined
    ? { jobs: page, nextCursor: toCursor(request, end) }
    : { jobs: page };
}

/** How jobs are searched: in the order of an index, and which of those are taken. */
interface Search {
  /** Undefined when jobs are sorted. */
  readonly by: IndexedCondition | undefined;
  readonly taken: Condition;
  /** Whether there are jobs that are not taken. */
  readonly filtered: boolean;
  /** Jobs whose ids are in a range, when these are few: read by id, and sorted. */
  readonly sorted: boolean;
}

/** The search that reads the fewest jobs; undefined when no job can be found. */
function planSearch(connection: SqlConnection, filter: JobFilter): Search | undefined {
  const counters = connection.prepare('SELECT queue, kind, state, count FROM counter WHERE count > 0').all();
  const kinds = [...new Set(counters.map(([, kind]) => String(kind)))];
  const indexed = indexedConditions(filter, kinds);
  const others = otherConditions(filter);
  if (filter.idPrefix !== undefined && countUpTo(connection, allOf(others.slice(0, 1))) <= MAX_SORTED) {
    const taken = allOf([...others, ...indexed.map(oneOf)]);
    return { by: undefined, taken, filtered: false, sorted: true };
  }
  const sizes = indexed.map((condition) => ({ condition, size: sizeOf(connection, condition, counters) }));
  if (counters.length === 0 || sizes.some(({ size }) => size === 0)) return undefined;
  const best = sizes
    .filter(({ condition }) => condition.values.length <= MAX_MERGED)
    .reduce<(typeof sizes)[number] | undefined>(
      (one, other) => (one === undefined || other.size < one.size ? other : one),
      undefined,
    );
  const rest = indexed.filter((condition) => condition !== best?.condition).map(oneOf);
  const taken = [...rest, ...others];
  const states = [...new Set(counters.map(([, , state]) => String(state)))];
  const by = best?.condition ?? { column: 'state', values: states };
  return { by, taken: allOf(taken), filtered: taken.length > 0, sorted: false };
}

/** How many jobs fulfil a condition: exactly by the counters, otherwise up to a bound. */
function sizeOf(connection: SqlConnection, condition: IndexedCondition, counters: readonly SqlRow[]): number {
  const at = ['queue', 'kind', 'state'].indexOf(condition.column);
  if (at < 0) return countUpTo(connection, oneOf(condition));
  return counters
    .filter((counter) => condition.values.includes(counter[at] ?? null))
    .reduce((sum, counter) => sum + Number(counter[3]), 0);
}

function countUpTo(connection: SqlConnection, { sql, values }: Condition): number {
  const count = connection.prepare(
    `SELECT count(*) FROM (SELECT 1 FROM job WHERE ${sql} LIMIT ${MAX_SORTED + 1})`,
  );
  return Number(count.get(...values)?.[0]);
}

/** The next jobs after `place`, at most `limit`: when each was updated, its id, and 1 when it is taken. */
function scan(
  connection: SqlConnection,
  { by, taken, sorted }: Search,
  { order, filter: { updated } }: JobListRequest,
  place: ListPlace | undefined,
  limit: number,
): readonly SqlRow[] {
  const [direction, after] = order === 'newest-first' ? ['DESC', '<'] : ['ASC', '>'];
  const sorting = `ORDER BY updated_at ${direction}, id ${direction} LIMIT ${limit}`;
  const bounds = [...rangeOf('updated_at', updated)];
  if (place !== undefined)
    bounds.push({ sql: `(updated_at, id) ${after} (?, ?)`, values: [place.updatedAt, place.id] });
  const select = (condition: Condition | undefined): Condition => {
    const where = allOf([...(condition === undefined ? [] : [condition]), ...bounds]);
    return sorted
      ? {
          sql: `SELECT updated_at, id, 1 FROM job WHERE ${taken.sql} AND ${where.sql} ${sorting}`,
          values: [...taken.values, ...where.values],
        }
      : {
          sql: `SELECT updated_at, id, ${taken.sql} FROM job WHERE ${where.sql} ${sorting}`,
          values: [...taken.values, ...where.values],
        };
  };
  const parts = by === undefined ? [select(undefined)] : by.values.map((value) => select(equal(by, value)));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return connection.prepare(only.sql).all(...only.values);
  const union = parts.map(({ sql }) => `SELECT * FROM (${sql})`).join(' UNION ALL ');
  const values: readonly SqlValue[] = parts.flatMap((part) => part.values);
  return connection.prepare(`SELECT * FROM (${union}) ${sorting}`).all(...values);
}

function equal({ column }: IndexedCondition, value: SqlValue): Condition {
  return { sql: `${column} = ?`, values: [value] };
}

/** None when the job is gone. */
function summaryOf(connection: SqlConnection, id: string): readonly JobSummary[] {
  const row = connection
    .prepare(
      `SELECT ${RECORD_COLUMNS}, error_code, fingerprint,
         (SELECT failure ->> '$.message' FROM job_body WHERE job_body.id = job.id) FROM job WHERE id = ?`,
    )
    .get(id);
  if (row === undefined) return [];
  const [errorCode, fingerprint, failureMessage] = row.slice(-3);
  const { settledAttempt, newest, failurePosition, runsOn, suspectStarts, ...summary } = toJobRecord(row);
  return [
    {
      ...summary,
      ...(typeof errorCode === 'string' ? { errorCode } : {}),
      ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
      ...(typeof failureMessage === 'string' ? { failureMessage } : {}),
    },
  ];
}

/** Runs `step` on the file as it is at one moment. */
function atOnce<T>(connection: SqlConnection, step: () => T): T {
  connection.exec('BEGIN');
  try {
    return step();
  } finally {
    connection.exec('COMMIT');
  }
}
