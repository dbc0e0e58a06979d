import { expect, test } from 'vitest';
import { rowIndexes } from './row-indexes.ts';

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('rows next to the window are there, as far as the list goes', () => {
  const shown = { first: 5, last: 24 };

  expect(rowIndexes(shown, shown, undefined, 30)).toEqual(from(0, 29));
  expect(rowIndexes(shown, shown, undefined, 100)).toEqual(from(0, 36));
});

test('while the list is scrolled, only rows in the window are added', () => {
  expect(rowIndexes({ first: 39, last: 58 }, { first: 20, last: 39 }, undefined, 100)).toEqual(from(8, 58));
  expect(rowIndexes({ first: 90, last: 99 }, { first: 0, last: 9 }, undefined, 100)).toEqual([
    ...from(0, 21),
    ...from(90, 99),
  ]);
});

test('the row that has the focus stays in its place, unless the list has become shorter', () => {
  const shown = { first: 40, last: 50 };

  expect(rowIndexes(shown, shown, 3, 100)).toEqual([3, ...from(28, 62)]);
  expect(rowIndexes(shown, shown, 100, 100)).toEqual(from(28, 62));
});
