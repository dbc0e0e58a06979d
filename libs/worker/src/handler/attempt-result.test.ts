import { deadLetter, LeveretError, MAX_RESULT_BYTES } from '@leveret/core';
import { expect, test } from 'vitest';
import { fromReturned, fromThrown } from './attempt-result.ts';

test('nothing, and data, are results', () => {
  expect(fromReturned(undefined)).toEqual({ kind: 'succeeded', result: null });
  expect(fromReturned({ at: new Date(0), none: undefined })).toEqual({
    kind: 'succeeded',
    result: { at: '1970-01-01T00:00:00.000Z' },
  });
});

test('the verdict that a job cannot work is no result', () => {
  expect(fromReturned(deadLetter('no such video'))).toMatchObject({
    kind: 'given-up',
    failure: { message: 'no such video' },
  });
});

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
let deep: unknown = 1;
for (let level = 0; level < 1_001; level += 1) deep = [deep];

test.each<[string, unknown, string]>([
  ['a function', () => 1, 'the result is a function'],
  ['a symbol', Symbol('x'), 'the result is a symbol'],
  ['a cycle', cycle, 'the result at self contains itself'],
  [
    'a getter that throws',
    {
      get a() {
        throw new Error('x');
      },
    },
    'the result at a cannot be read',
  ],
  ['what is nested too deeply', deep, 'the result at 0.0.0 is nested deeper than 1000 levels'],
  ['more than the limit', 'x'.repeat(MAX_RESULT_BYTES), `is ${MAX_RESULT_BYTES + 2} bytes of JSON`],
])('%s is no result, and its job has succeeded all the same', (_, returned, leftOut) => {
  expect(fromReturned(returned)).toEqual({
    kind: 'succeeded',
    result: null,
    leftOut: expect.stringContaining(leftOut),
  });
});

test.each<[string, unknown, unknown]>([
  ['a bigint', { changes: 1, rowId: 7n }, { changes: 1, rowId: '7' }],
  ['a number that is not finite', [1, Number.NaN], [1, null]],
  ['a map', { found: new Map([[1, 2]]) }, { found: {} }],
  ['a method', { a: 1, b() {} }, { a: 1 }],
])('of a result with %s is kept what JSON makes of it', (_, returned, result) => {
  expect(fromReturned(returned)).toEqual({ kind: 'succeeded', result, leftOut: expect.any(String) });
});

test('a key of a result is not told where it might be data', () => {
  expect(fromReturned({ 'ann@example.com': 1n })).toMatchObject({
    leftOut: 'a part of the result at * is a bigint: send it as a string',
  });
});

test('an error of ours keeps its code, any other may be tried again', () => {
  expect(fromThrown(new LeveretError('VIDEO_UNSUPPORTED', 'text'))).toMatchObject({
    failure: { code: 'VIDEO_UNSUPPORTED' },
  });
  expect(fromThrown('odd')).toEqual({
    kind: 'failed',
    failure: { code: 'HANDLER_FAILED', message: 'odd' },
    thrown: 'odd',
  });
});
