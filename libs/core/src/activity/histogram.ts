/**
 * Counts of durations: how many there are in each bucket ({@link bucketOf}). Two histograms are merged by adding their counts.
 */
export type Histogram = ReadonlyMap<number, number>;

/** The longest duration that buckets tell apart, in milliseconds: 24.8 days. Longer ones count as this long. */
const LONGEST_MS = 2_147_483_647;
/** Up to this duration, in milliseconds, each has a bucket of its own. */
const EXACT_MS = 16;
/** Buckets of each doubling above that. */
const BUCKETS = 8;
/** The binary logarithm of {@link BUCKETS}. */
const BUCKET_BITS = 3;
/** The binary logarithm of {@link EXACT_MS}. */
const EXACT_BITS = 4;

/** How many buckets there are. */
export const BUCKET_COUNT = EXACT_MS + (31 - EXACT_BITS) * BUCKETS;

/**
 * The bucket of a duration: below 16 ms each whole millisecond has its own, and above that each doubling has eight of equal width.
 *
 * @param durationMs In milliseconds; negative counts as 0.
 * @returns From 0 to {@link BUCKET_COUNT} - 1; a longer duration never has a lower bucket.
 */
export function bucketOf(durationMs: number): number {
  const wholeMs = Math.trunc(Math.min(Math.max(durationMs, 0), LONGEST_MS));
  if (wholeMs < EXACT_MS) return wholeMs;
  const exponent = 31 - Math.clz32(wholeMs);
  const part = (wholeMs >>> (exponent - BUCKET_BITS)) & (BUCKETS - 1);
  return EXACT_MS + (exponent - EXACT_BITS) * BUCKETS + part;
}

/** The duration that stands for a bucket, in whole milliseconds: at most 6.25 % away from every duration in it. */
export function durationOf(bucket: number): number {
  if (bucket < EXACT_MS) return bucket;
  const shift = Math.floor((bucket - EXACT_MS) / BUCKETS) + EXACT_BITS - BUCKET_BITS;
  const lowest = (BUCKETS + ((bucket - EXACT_MS) % BUCKETS)) * 2 ** shift;
  return lowest + Math.floor((2 ** shift - 1) / 2);
}

/** Percentiles of durations, in whole milliseconds, each at most 6.25 % off; durations above 24.8 days count as that. */
export interface Durations {
  /** How many durations were counted, from 1. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** The percentiles of a histogram; undefined for an empty one. */
export function durationsOf(histogram: Histogram): Durations | undefined {
  const buckets = [...histogram].sort(([one], [other]) => one - other);
  const count = buckets.reduce((sum, [, durations]) => sum + durations, 0);
  if (count === 0) return undefined;
  const percentile = (share: number) => {
    let left = Math.ceil(share * count);
    for (const [bucket, durations] of buckets) {
      left -= durations;
      if (left <= 0) return durationOf(bucket);
    }
    return 0;
  };
  return { count, p50Ms: percentile(0.5), p95Ms: percentile(0.95), p99Ms: percentile(0.99) };
}
