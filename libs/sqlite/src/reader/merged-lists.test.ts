import { expect, test } from 'vitest';
import { mergeLists } from './merged-lists.ts';

/** Lists of numbers, and what was read of them. */
function setUp(lists: readonly (readonly number[])[]) {
  let readCount = 0;
  const merge = (limit: number) =>
    mergeLists<number>({
      listCount: lists.length,
      limit,
      read(list, after, chunk) {
        const rows = (lists[list] ?? []).filter((row) => after === undefined || row > after).slice(0, chunk);
        readCount += rows.length;
        return rows;
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
    expect(setUp(lists).merge(limit)).toEqual(all.slice(0, limit));
});

test('no list, and lists without rows, are empty', () => {
  expect(setUp([]).merge(10)).toEqual([]);
  expect(setUp([[], []]).merge(10)).toEqual([]);
});

test('of a long list no more than twice the limit is read', () => {
  const { merge, readCount } = setUp([Array.from({ length: 100_000 }, (_, number) => number), [5], []]);

  expect(merge(200)).toHaveLength(200);

  expect(readCount()).toBeLessThanOrEqual(400);
});
