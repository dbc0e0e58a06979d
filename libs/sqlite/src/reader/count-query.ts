import { type FilteredCount, type JobFilter, type JobState, MAX_FILTERED_COUNT } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import { isSelected, toGroup } from './conditions.ts';
import { type Searched, searchJobs } from './search.ts';

/** Counts jobs: by the counters where they can tell, otherwise in the steps of {@link searchJobs}. */
export function* countJobs(connection: SqlConnection, filter: JobFilter): Generator<Searched, FilteredCount> {
  const { queue, kind, states, ...others } = filter;
  const tally = createTally();
  if (Object.values(others).every((value) => value === undefined)) {
    const counters = connection
      .prepare('SELECT queue, kind, state, count FROM counter WHERE count > 0')
      .all();
    for (const group of counters.map(toGroup))
      if (isSelected(group, filter)) tally.add(group.state, group.count);
    return tally.exact();
  }
  const found: (readonly string[])[] = [];
  let count = 0;
  yield* searchJobs(
    connection,
    { filter, order: 'newest-first', limit: 1 },
    {
      wanted: () => MAX_FILTERED_COUNT + 1 - count,
      take(ids) {
        found.push(ids);
        count += ids.length;
      },
    },
  );
  if (count > MAX_FILTERED_COUNT) return { count: MAX_FILTERED_COUNT, isExact: false };
  // Not before it is known that there are so few: to read the states takes longer than to find the jobs in an index.
  const statesOf = connection.prepare(
    'SELECT state, count(*) FROM job WHERE id IN (SELECT value FROM json_each(?)) GROUP BY state',
  );
  for (const ids of found)
    for (const [state, jobCount] of statesOf.all(JSON.stringify(ids)))
      tally.add(String(state), Number(jobCount));
  return tally.exact();
}

function createTally() {
  const byState: Partial<Record<JobState, number>> = {};
  let count = 0;
  return {
    add(state: string, more: number): void {
      byState[state as JobState] = (byState[state as JobState] ?? 0) + more;
      count += more;
    },
    exact: (): FilteredCount => ({ count, isExact: true, byState }),
  };
}
