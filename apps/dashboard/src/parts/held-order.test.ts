import { expect, test } from 'vitest';
import { heldOrder } from './held-order.ts';

test('no row moves while the pointer is over the table: new ones come last', () => {
  expect(heldOrder(['a', 'b', 'c'], ['d', 'c', 'a'])).toEqual(['a', 'c', 'd']);
});
