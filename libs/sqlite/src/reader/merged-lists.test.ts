import { expect, test } from 'vitest';
import { mergeLists } from './merged-lists.ts';

/** Lists of numbers, of which some are wanted, and what was read of them. */
function setUp(lists: readonly (readonly number[])[], isWanted: (row: number) => boolean = () => true) {
  let readCount = 0;
  const merge = (limit: number, amount = limit, from = -1) =>
    mergeLists<number>({
      listCount: lists.length,
      limit,
      amount,
      read(list, after = from, size) {
        const rows = (lists[list] ?? []).filter((row) => row > after).slice(0, size);
        readCount += rows.length;
        const last = rows.length < size ? undefined : rows.at(-1);
        return { rows: rows.filter(isWanted), last, size: rows.length };
      },
      compare: (one, other) => one - other,
    });
  return { merge, readCount: () => readCount };
}

/** `count` lists that share the numbers below `total`, in shares that differ much. */
function spread(count: number, total: number): readonly number[][] {
  const lists = Array.from({ length: count }, (): number[] => []);
  for (let number = 0; number < total; number += 1)
    lists[Math.floor((((number * 7919) % 997) ** 2 / 997 ** 2) * count)]?.push(number);
  return lists;
}

test.each([
  [1, 500],
  [3, 500],
  [40, 5_000],
  [600, 5_000],
])('%i lists are read as one', (count, total) => {
  const lists = spread(count, total);
  const all = lists.flat().sort((one, other) => one - other);

  for (const limit of [1, 31, 32, 33, 400, total, total + 1])
    expect(setUp(lists).merge(limit, Number.POSITIVE_INFINITY).rows).toEqual(all.slice(0, limit));
});

test.each([
  [1, 5_000],
  [3, 5_000],
  [40, 5_000],
  [600, 5_000],
])('of %i lists each wanted row is found once, a step at a time', (count, total) => {
  const isWanted = (row: number) => row % 50 < 3;
  const lists = spread(count, total);
  const all = lists
    .flat()
    .filter(isWanted)
    .sort((one, other) => one - other);
  const { merge } = setUp(lists, isWanted);

  for (const limit of [7, 1_000]) {
    const found: number[] = [];
    let size = 0;
    for (let last: number | undefined = -1, steps = 0; last !== undefined; steps += 1) {
      expect(steps).toBeLessThan(total);
      const step = merge(limit, 300, last);
      found.push(...step.rows);
      size += step.size;
      last = step.last;
    }
    expect(found).toEqual(all);
    // Of a step that is cut short by its limit, what comes later is gone through again.
    if (limit > 300) expect(size).toBeLessThanOrEqual(total);
  }
});

test('no list, and lists without rows, are empty', () => {
  expect(setUp([]).merge(10)).toEqual({ rows: [], last: undefined, size: 0 });
  expect(setUp([[], []]).merge(10)).toEqual({ rows: [], last: undefined, size: 0 });
});

test('a step goes through about as many rows as asked for, also when one list has nearly all of them', () => {
  const dense = Array.from({ length: 100_000 }, (_, number) => number);
  const sparse = Array.from({ length: 49 }, (_, list) => [list * 1_000 + 0.5, 90_000.5 + list]);
  const { merge, readCount } = setUp([dense, ...sparse], () => false);

  const { rows, size } = merge(10, 4_000);

  expect(rows).toEqual([]);
  expect(size).toBeGreaterThanOrEqual(4_000);
  expect(readCount()).toBeLessThan(4_400);
});

test('of a long list no more than twice the limit is read', () => {
  const { merge, readCount } = setUp([Array.from({ length: 100_000 }, (_, number) => number), [5], []]);

  expect(merge(200).rows).toHaveLength(200);

  expect(readCount()).toBeLessThanOrEqual(400);
});
