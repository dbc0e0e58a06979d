import { expect, test } from 'vitest';
import { BUCKET_COUNT, bucketOf, durationOf, durationsOf } from './histogram.ts';

/** Every duration up to 5 s, and some of each doubling above that. */
function* durations() {
  for (let ms = 0; ms < 5_000; ms += 1) yield ms;
  for (let ms = 5_000; ms < 2_147_483_647; ms = Math.ceil(ms * 1.01)) yield ms;
}

function histogramOf(all: Iterable<number>): Map<number, number> {
  const histogram = new Map<number, number>();
  for (const ms of all) histogram.set(bucketOf(ms), (histogram.get(bucketOf(ms)) ?? 0) + 1);
  return histogram;
}

test('the duration that stands for a bucket is at most 6.25 % away from each in it, and exact below 16 ms', () => {
  for (const ms of durations()) {
    const error = Math.abs(durationOf(bucketOf(ms)) - ms);
    expect(error).toBeLessThanOrEqual(ms < 16 ? 0 : ms / 16);
  }
});

test('a longer duration never has a lower bucket, and no bucket is left out', () => {
  const buckets = [...durations()].map(bucketOf);

  expect(buckets).toEqual([...buckets].sort((one, other) => one - other));
  expect(new Set(buckets).size).toBe(BUCKET_COUNT);
});

test('durations below 0 and above 24.8 days count as the next one that has a bucket', () => {
  expect(bucketOf(-1)).toBe(0);
  expect(bucketOf(0.9)).toBe(0);
  expect(bucketOf(1e15)).toBe(BUCKET_COUNT - 1);
  expect(bucketOf(2_147_483_647)).toBe(BUCKET_COUNT - 1);
});

test('percentiles are those of the durations, within the error of a bucket', () => {
  const thousand = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const { count, ...percentiles } = durationsOf(histogramOf(thousand)) ?? expect.unreachable();

  expect(count).toBe(1_000);
  for (const [name, exact] of [
    ['p50Ms', 500],
    ['p95Ms', 950],
    ['p99Ms', 990],
  ] as const)
    expect(Math.abs(percentiles[name] - exact)).toBeLessThanOrEqual(exact / 16);
});

test('one duration is every percentile, and none has no percentiles', () => {
  expect(durationsOf(histogramOf([7]))).toEqual({ count: 1, p50Ms: 7, p95Ms: 7, p99Ms: 7 });
  expect(durationsOf(new Map())).toBeUndefined();
});
