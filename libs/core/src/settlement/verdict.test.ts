import { expect, test } from 'vitest';
import { MAX_DELAY_MS } from './retry-policy.ts';
import { deadLetter, retryLater, snooze, verdictOf } from './verdict.ts';

test('a verdict says what is to be done, and is told from a result and from an error', () => {
  expect(verdictOf(deadLetter('no such video'))).toMatchObject({
    kind: 'given-up',
    failure: { code: 'HANDLER_FAILED', message: 'no such video' },
  });
  expect(verdictOf(retryLater(30_000))).toMatchObject({ kind: 'retry-later', delayMs: 30_000 });
  expect(verdictOf(retryLater(1, 'answered 429'))).toMatchObject({ failure: { message: 'answered 429' } });
  expect(verdictOf(snooze(60_000))).toEqual({ kind: 'snoozed', delayMs: 60_000 });
  for (const other of [undefined, null, { verdict: 'snooze' }, new Error('e'), 'snooze'])
    expect(verdictOf(other)).toBeUndefined();
});

test('a verdict can be thrown like any error', () => {
  expect(snooze(5)).toBeInstanceOf(Error);
  expect(String(deadLetter('gone'))).toBe('Verdict: gone');
});

test('the failure of a verdict says where it was made, and names no class as its reason', () => {
  const result = verdictOf(deadLetter('gone'));
  const failure = result?.kind === 'given-up' ? result.failure : undefined;

  expect(failure?.stack).toContain('verdict.test.ts');
  expect(Object.keys(failure ?? {}).sort()).toEqual(['code', 'message', 'stack']);
});

test('a verdict of another copy of this package counts, one that cannot be read dead-letters the job', () => {
  const twin = Object.create({ [Symbol.for('leveret.verdict')]: true });
  const broken = new Proxy(deadLetter('x'), {
    get: (target, name) => {
      if (typeof name === 'string') throw new Error('a trap');
      return Reflect.get(target, name);
    },
  });

  expect(verdictOf(Object.assign(twin, { verdict: 'snooze', delayMs: 7 }))).toEqual({
    kind: 'snoozed',
    delayMs: 7,
  });
  expect(verdictOf(Object.assign(twin, { verdict: 'snooze', delayMs: -7 }))).toMatchObject({
    kind: 'given-up',
  });
  expect(verdictOf(broken)).toMatchObject({ kind: 'given-up' });
});

test.each([-1, 0.5, Number.NaN, MAX_DELAY_MS + 1])(
  'a delay of %s ms is a mistake of the handler',
  (delayMs) => {
    expect(() => retryLater(delayMs)).toThrow(RangeError);
    expect(() => snooze(delayMs)).toThrow(RangeError);
  },
);
