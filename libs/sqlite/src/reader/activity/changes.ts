import type { JobChange, JobChanges } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** Prepares to read which jobs were changed, on the file as it is at one moment: see `ActivityReader.changes` of the core. */
export function createChangeQueries(
  connection: SqlConnection,
): (afterNumber: number, limit: number) => JobChanges {
  const findNewest = connection.prepare('SELECT max(number) FROM change');
  // The number of the change before the first one that is kept.
  const findStart = connection.prepare(
    'SELECT number - json_array_length(ids) FROM change ORDER BY number LIMIT 1',
  );
  const next = connection.prepare('SELECT number, ids FROM change WHERE number > ? ORDER BY number LIMIT 1');

  /** The changes that one commit made. */
  function nextAfter(afterNumber: number): readonly JobChange[] {
    const [last, text] = next.get(afterNumber) ?? [];
    if (last === undefined) return [];
    const ids = JSON.parse(String(text)) as string[];
    const first = Number(last) - ids.length + 1;
    return ids
      .map((jobId, index) => ({ jobId, number: first + index }))
      .filter(({ number }) => number > afterNumber);
  }

  return (afterNumber, limit) => {
    const newest = Number(findNewest.get()?.[0]);
    const isGap = !(afterNumber >= Number(findStart.get()?.[0]) && afterNumber <= newest);
    if (isGap) return { changes: [], newest, isGap };
    const found: JobChange[] = [];
    for (let last = afterNumber; last < newest && found.length < limit; last = found.at(-1)?.number ?? newest)
      found.push(...nextAfter(last).slice(0, limit - found.length));
    const numberById = new Map(found.map(({ jobId, number }) => [jobId, number]));
    return { changes: found.filter(({ jobId, number }) => numberById.get(jobId) === number), newest, isGap };
  };
}
