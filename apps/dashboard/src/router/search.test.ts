import { expect, test } from 'vitest';
import { idOf, momentOf, nextOf, oneOf, textOf } from './search.ts';

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

test('a moment is written in one way, and what is none is left out', () => {
  expect(['2026-03-01T12:00:00Z', '2026-03-01T13:00+01:00', 'yesterday', 7, undefined].map(momentOf)).toEqual(
    ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.000Z', '', '', ''],
  );
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

test('an id is a UUID, or empty', () => {
  const id = '0198c0de-77a1-7000-8000-0000000000a1';

  expect([id, `${id}0`, '1', 7, undefined].map(idOf)).toEqual([id, '', '', '', '']);
});
