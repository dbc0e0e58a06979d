import {
  type Clock,
  durationsOf,
  isOfKind,
  MAX_RATE_SLICES,
  type QueueRates,
  type Rate,
  type RateHistory,
  type Rates,
  type RatesRequest,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import { ROLLUP_COLUMNS, sumOf, type Tally, toTally } from '../../rows/rollup-rows.ts';
import type { Searched } from '../search.ts';

/** Slices of time that are read in one step: of a hundred queues and kinds a few milliseconds. */
const STEP_SLICES = 10;

/** What one row says. */
interface Slice {
  readonly startAt: number;
  readonly queue: string;
  readonly kind: string;
  readonly tally: Tally;
}

/** Prepares to read what happened: see `ActivityReader.rates` of the core. Each step says how many rows were read. */
export function createRateQueries(connection: SqlConnection, clock: Pick<Clock, 'now'>) {
  const readAhead = connection.prepare('SELECT ahead_ms FROM clock');
  const readSlices = connection.prepare(
    `SELECT start_at, queue, kind, ${ROLLUP_COLUMNS} FROM rollup WHERE slice_ms = ? AND start_at >= ? AND start_at < ?
       ORDER BY start_at`,
  );

  return function* ratesOf({ queue, kind, since, sliceMs }: RatesRequest): Generator<Searched, Rates> {
    const aheadMs = Number(readAhead.get()?.[0]);
    // From here on in the time of the file.
    const now = clock.now() + aheadMs;
    const from = Math.floor((since + aheadMs) / sliceMs) * sliceMs;
    const until = Math.max(from, Math.min(now, from + MAX_RATE_SLICES * sliceMs));
    const slices: Slice[] = [];
    let readCount = 0;
    for (let start = from; start < until; start += STEP_SLICES * sliceMs) {
      const rows = readSlices.all(sliceMs, start, Math.min(start + STEP_SLICES * sliceMs, until));
      readCount += rows.length;
      for (const row of rows) {
        const isAsked = (queue === undefined || row[1] === queue) && isOfKind(kind, String(row[2]));
        if (isAsked) slices.push(toSlice(row, aheadMs));
      }
      yield readCount;
    }
    return { sliceMs, since: from - aheadMs, until: until - aheadMs, queues: queuesOf(slices) };
  };
}

function toSlice([startAt, queue, kind, ...cells]: SqlRow, aheadMs: number): Slice {
  return {
    startAt: Number(startAt) - aheadMs,
    queue: String(queue),
    kind: String(kind),
    tally: toTally(cells),
  };
}

function queuesOf(slices: readonly Slice[]): readonly QueueRates[] {
  return groupsOf(slices, ({ queue }) => queue).map(([queue, ofQueue]) => ({
    queue,
    ...historyOf(ofQueue),
    kinds: groupsOf(ofQueue, ({ kind }) => kind).map(([kind, ofKind]) => ({ kind, ...historyOf(ofKind) })),
  }));
}

/** Slices by a name, in its order. */
function groupsOf(
  slices: readonly Slice[],
  nameOf: (slice: Slice) => string,
): (readonly [string, Slice[]])[] {
  const groups = new Map<string, Slice[]>();
  for (const slice of slices) {
    const group = groups.get(nameOf(slice));
    if (group === undefined) groups.set(nameOf(slice), [slice]);
    else group.push(slice);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

function historyOf(slices: readonly Slice[]): RateHistory {
  const tallyByStart = new Map<number, Tally>();
  for (const { startAt, tally } of slices) {
    const known = tallyByStart.get(startAt);
    tallyByStart.set(startAt, known === undefined ? tally : sumOf(known, tally));
  }
  const tallies = [...tallyByStart.values()];
  return {
    total: toRate(tallies.reduce(sumOf)),
    slices: [...tallyByStart].map(([startAt, tally]) => ({ startAt, ...toRate(tally) })),
  };
}

function toRate({ counts, waits, runs }: Tally): Rate {
  const { entered, succeeded, cancelled, expired, dead, failed } = counts;
  const [queueWait, run] = [durationsOf(waits), durationsOf(runs)];
  return {
    in: entered,
    ...{ succeeded, cancelled, expired, dead, failedAttempts: failed },
    ...(queueWait === undefined ? {} : { queueWait }),
    ...(run === undefined ? {} : { run }),
  };
}
