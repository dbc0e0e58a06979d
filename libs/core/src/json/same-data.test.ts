import { expect, test } from 'vitest';
import { isSameBesidesNoise, isSameData } from './same-data.ts';

class Money {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}
class Sealed {
  readonly #secret: number;
  constructor(secret: number) {
    this.#secret = secret;
  }
  reveal(): number {
    return this.#secret;
  }
}

test.each<[string, () => unknown]>([
  ['texts', () => 'a'],
  ['NaN', () => Number.NaN],
  ['lists', () => [1, { a: [null] }]],
  ['objects', () => ({ a: 1, b: { c: undefined } })],
  ['dates', () => new Date(5)],
  ['maps', () => new Map([['a', { b: 1 }]])],
  ['sets', () => new Set(['a'])],
  ['objects of a class', () => new Money(1)],
  ['URLs', () => new URL('http://a/b')],
])('%s that are alike are the same data', (_, make) => {
  expect(isSameData(make(), make())).toBe(true);
});

test.each<[string, unknown, unknown]>([
  ['other values', { a: 1 }, { a: 2 }],
  ['another key', { a: undefined }, { b: undefined }],
  ['one key more', { a: 1 }, { a: 1, b: 1 }],
  ['a list and an object', [1], { 0: 1 }],
  ['other moments', new Date(5), new Date(6)],
  ['other entries', new Map([['a', 1]]), new Map([['a', 2]])],
  ['other URLs', new URL('http://a/b'), new URL('http://a/c')],
  ['other classes', new Money(1), { amount: 1 }],
  ['what shows nothing of itself', new Sealed(1), new Sealed(1)],
])('%s are not the same data', (_, a, b) => {
  expect(isSameData(a, b)).toBe(false);
});

test('what a schema makes anew each time does not count, and all else does', () => {
  const [first, second, third] = ['x', 'y', 'z'].map((id) => ({ id, list: [{ id }], name: 'a' }));

  expect(isSameBesidesNoise(first, second, third)).toBe(true);
  expect(isSameBesidesNoise(first, { ...second, name: 'b' }, third)).toBe(false);
  expect(isSameBesidesNoise(first, { id: 'y', list: [], name: 'a' }, third)).toBe(false);
});
