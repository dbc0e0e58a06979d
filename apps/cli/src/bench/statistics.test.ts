import { expect, test } from 'vitest';
import { median, percentile } from './statistics.ts';

test('the median is the middle, whatever the order', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('percentiles are interpolated', () => {
  expect(percentile([0, 10], 0.95)).toBe(9.5);
  expect(percentile([7], 0.99)).toBe(7);
});

test('of nothing there is no median', () => {
  expect(() => median([])).toThrow(RangeError);
});
