import { expect, test } from 'vitest';
import { createFifo } from './fifo.ts';

test('things leave in the order in which they came, and what is put back leaves first', () => {
  const fifo = createFifo<number>();
  for (let n = 0; n < 5_000; n += 1) fifo.push(n);

  const taken = [fifo.shift(), fifo.shift()];
  fifo.putBack(1);
  for (let n = 0; n < 3_000; n += 1) taken.push(fifo.shift());

  expect(taken.slice(2)).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 1));
  expect([fifo.size(), fifo.peek()]).toEqual([1_999, 3_001]);
});

test('an empty row gives nothing', () => {
  const fifo = createFifo<number>();

  fifo.putBack(1);

  expect([fifo.shift(), fifo.shift(), fifo.peek(), fifo.size()]).toEqual([1, undefined, undefined, 0]);
});
