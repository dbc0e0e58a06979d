import { expect, test } from 'vitest';
import { faultOf, statesOf, termsOf, withoutStates, withStart, withStateToggled } from './filter-text.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test('a wrong filter says what is wrong and where', () => {
  expect(faultOf('queue:mail nonsense:1', NOW)).toMatchObject({ position: 11 });
  expect(faultOf('queue:mail', NOW)).toBeUndefined();
});

test('terms stay as they are written', () => {
  expect(termsOf('state:dead  error:"no such mailbox" age:>1h')).toEqual([
    'state:dead',
    'error:"no such mailbox"',
    'age:>1h',
  ]);
  expect(termsOf('error:"open')).toBeUndefined();
});

test('a state is toggled without touching other terms', () => {
  expect(withStateToggled('age:>1h', 'dead', NOW)).toBe('state:dead age:>1h');
  expect(withStateToggled('state:dead age:>1h', 'retrying', NOW)).toBe('state:dead,retrying age:>1h');
  expect(withStateToggled('state:dead age:>1h', 'dead', NOW)).toBe('age:>1h');
  expect(withoutStates('state:dead age:>1h state:queued')).toBe('age:>1h');
});

test('a filter without a state has none', () => {
  expect(statesOf('queue:mail', NOW)).toBeUndefined();
  expect(statesOf('state:dead,queued', NOW)).toEqual(['queued', 'dead']);
});

test('a list begins at a moment in its order, and keeps its other terms', () => {
  const moment = new Date(NOW);

  expect(withStart('queue:mail updated:>1h updated:<2026-01-01', moment, 'newest-first')).toBe(
    'queue:mail updated:<2026-03-01T12:00:00.000Z',
  );
  expect(withStart('', moment, 'oldest-first')).toBe('updated:>2026-03-01T12:00:00.000Z');
});
