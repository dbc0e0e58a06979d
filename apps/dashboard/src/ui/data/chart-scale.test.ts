import { expect, test } from 'vitest';
import { durationMarksFor, linePath, marksFor, spread } from './chart-scale.ts';

test.each([
  [0, [0, 1]],
  [0.7, [0, 0.2, 0.4, 0.6, 0.8]],
  [4, [0, 1, 2, 3, 4]],
  [41, [0, 20, 40, 60]],
  [412, [0, 200, 400, 600]],
  [252_000, [0, 100_000, 200_000, 300_000]],
])('an axis up to %d has round marks', (max, marks) => {
  expect(marksFor(max)).toEqual(marks);
});

test.each([
  [31, [0, 10, 20, 30, 40]],
  [3_100, [0, 1_000, 2_000, 3_000, 4_000]],
  [252_000, [0, 120_000, 240_000, 360_000]],
  [5_000_000, [0, 1_800_000, 3_600_000, 5_400_000]],
])('an axis of time up to %d ms has marks that clocks show', (maxMs, marks) => {
  expect(durationMarksFor(maxMs)).toEqual(marks);
});

test('times on an axis stand at even distances', () => {
  expect(spread(60, 6)).toEqual([0, 10, 20, 30, 40, 50]);
  expect(spread(3, 6)).toEqual([0, 1, 2]);
  expect(spread(0, 6)).toEqual([]);
});

test('a line is interrupted where a value is missing', () => {
  expect(linePath([0, 10, undefined, 5], { width: 30, height: 10, max: 10 })).toBe(
    'M0.0,10.0L10.0,0.0M30.0,5.0',
  );
});
