import { type FilteredCount, type JobFilter, MAX_FILTERED_COUNT } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import { isSelected, toGroup } from './conditions.ts';
import { type Searched, searchJobs } from './search.ts';

/** Counts jobs: by the counters where they can tell, otherwise in the steps of {@link searchJobs}. */
export function* countJobs(connection: SqlConnection, filter: JobFilter): Generator<Searched, FilteredCount> {
  const { queue, kind, states, ...others } = filter;
  if (Object.values(others).every((value) => value === undefined)) {
    const counters = connection
      .prepare('SELECT queue, kind, state, count FROM counter WHERE count > 0')
      .all();
    const groups = counters.map(toGroup).filter((group) => isSelected(group, filter));
    return { count: groups.reduce((sum, group) => sum + group.count, 0), isExact: true };
  }
  let found = 0;
  yield* searchJobs(
    connection,
    { filter, order: 'newest-first', limit: 1 },
    {
      wanted: () => MAX_FILTERED_COUNT + 1 - found,
      take(ids) {
        found += ids.length;
      },
    },
  );
  return { count: Math.min(found, MAX_FILTERED_COUNT), isExact: found <= MAX_FILTERED_COUNT };
}
