import type { Histogram } from '@leveret/core';
import type { SqlRow, SqlValue } from '../file/libsql.ts';

/** The counts of `rollup`, in the order of {@link ROLLUP_COLUMNS}. */
export const ROLLUP_COUNTS = ['entered', 'succeeded', 'cancelled', 'expired', 'dead', 'failed'] as const;
/** A count of `rollup`. */
export type RollupCount = (typeof ROLLUP_COUNTS)[number];
/** The columns of `rollup` after those of its key. */
export const ROLLUP_COLUMNS = [...ROLLUP_COUNTS, 'waits', 'runs'].join(', ');

/** What one row of `rollup` has counted. */
export interface Tally {
  readonly counts: Readonly<Record<RollupCount, number>>;
  readonly waits: Histogram;
  readonly runs: Histogram;
}

/** Reads {@link ROLLUP_COLUMNS}. */
export function toTally(row: SqlRow): Tally {
  const [entered, succeeded, cancelled, expired, dead, failed] = row.map(Number);
  return {
    counts: {
      entered: entered ?? 0,
      succeeded: succeeded ?? 0,
      cancelled: cancelled ?? 0,
      expired: expired ?? 0,
      dead: dead ?? 0,
      failed: failed ?? 0,
    },
    waits: toHistogram(row[ROLLUP_COUNTS.length]),
    runs: toHistogram(row[ROLLUP_COUNTS.length + 1]),
  };
}

/** The values of {@link ROLLUP_COLUMNS}. */
export function toRollupCells({ counts, waits, runs }: Tally): readonly SqlValue[] {
  const histograms = [waits, runs].map((histogram) => JSON.stringify([...histogram].flat()));
  return [...ROLLUP_COUNTS.map((name) => counts[name]), ...histograms];
}

/** What two tallies have counted together. */
export function sumOf(one: Tally, other: Tally): Tally {
  const counts = { ...one.counts };
  for (const name of ROLLUP_COUNTS) counts[name] += other.counts[name];
  return { counts, waits: merged(one.waits, other.waits), runs: merged(one.runs, other.runs) };
}

function merged(one: Histogram, other: Histogram): Histogram {
  const all = new Map(one);
  for (const [bucket, count] of other) all.set(bucket, (all.get(bucket) ?? 0) + count);
  return all;
}

function toHistogram(cell: SqlValue | undefined): Histogram {
  const flat = JSON.parse(String(cell)) as number[];
  const histogram = new Map<number, number>();
  for (let place = 0; place + 1 < flat.length; place += 2)
    histogram.set(flat[place] ?? 0, flat[place + 1] ?? 0);
  return histogram;
}
