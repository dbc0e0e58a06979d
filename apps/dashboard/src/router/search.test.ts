import { expect, test } from 'vitest';
import { nextOf, oneOf, textOf } from './search.ts';

test('a parameter that is none of the values counts as the fallback', () => {
  expect(['6h', '7h', 6, undefined].map((raw) => oneOf(['1h', '6h'], raw, '1h'))).toEqual([
    '6h',
    '1h',
    '1h',
    '1h',
  ]);
});

test('text that looks like a number stays text', () => {
  expect([textOf('mail', ''), textOf(42, ''), textOf({}, 'none')]).toEqual(['mail', '42', 'none']);
});

test.each([
  ['/queues/mail?range=6h', '/queues/mail?range=6h'],
  ['//elsewhere.example', '/'],
  ['/\\elsewhere.example', '/'],
  ['https://elsewhere.example', '/'],
  [7, '/'],
])('after signing in, %s leads to %s', (raw, path) => {
  expect(nextOf(raw)).toBe(path);
});
