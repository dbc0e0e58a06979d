import { expect, test } from 'vitest';
import { sparklinePath } from './sparkline-path.ts';

const FRAME = { width: 10, height: 23, floor: 5 };

test('one event stays below the top: the floor is the scale', () => {
  expect(sparklinePath([0, 1], FRAME).line).toBe('M0.0,22.0L10.0,18.0');
});

test('the largest value fills the height, and the area goes down to the bottom', () => {
  const { line, area } = sparklinePath([0, 50, 100], FRAME);

  expect(line).toBe('M0.0,22.0L5.0,12.0L10.0,2.0');
  expect(area).toBe(`${line}L10,23L0,23Z`);
});

test('no values are a level line', () => {
  expect(sparklinePath([], FRAME).line).toBe('M0.0,22.0L10.0,22.0');
});
