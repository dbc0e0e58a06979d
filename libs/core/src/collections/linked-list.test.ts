import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLinkedList, type Place } from './linked-list.ts';

test('whatever is added and taken out, it holds what a list would, in order', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant('add' as const) },
    { weight: 4, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const list = createLinkedList<number>();
      const places: Place<number>[] = [];
      let expected: number[] = [];
      for (const [index, what] of steps.entries()) {
        if (what === 'add') {
          places.push(list.add(index));
          expected.push(index);
        } else if (what === 'clear') {
          list.clear();
          expected = [];
        } else {
          const place = places[what];
          if (place === undefined) continue;
          // Also what was taken out before.
          expect(list.remove(place)).toBe(expected.includes(place.item));
          expected = expected.filter((item) => item !== place.item);
        }
        expect([...list]).toEqual(expected);
        expect(list.first()).toBe(expected[0]);
        const isEven = (item: number) => item % 2 === 0;
        expect(list.findLast(isEven)).toBe(expected.findLast(isEven));
        expect(list.size()).toBe(expected.length);
      }
    }),
  );
});

test('what has been taken out keeps nothing of the list alive', () => {
  const list = createLinkedList<string>();
  const places = ['a', 'b', 'c'].map((item) => list.add(item));
  const [, middle] = places;
  if (middle !== undefined) list.remove(middle);
  list.clear();

  for (const place of places) expect(place).toMatchObject({ previous: undefined, next: undefined });
});
