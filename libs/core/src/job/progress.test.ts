import { expect, test } from 'vitest';
import { fractionOf, MAX_PROGRESS_TEXT, toProgressReport } from './progress.ts';

test.each([
  [0.25, { done: 0.25 }, 0.25],
  [{ done: 0.25 }, { done: 0.25 }, 0.25],
  [{ done: 3, total: 12 }, { done: 3, total: 12 }, 0.25],
  [{ done: 3, total: 12, text: 'page 3' }, { done: 3, total: 12, text: 'page 3' }, 0.25],
  [{ done: 0.5, text: 'half' }, { done: 0.5, text: 'half' }, 0.5],
])('%j is the report %j', (given, report, fraction) => {
  expect(toProgressReport(given)).toEqual(report);
  expect(fractionOf(toProgressReport(given))).toBe(fraction);
});

test.each([
  ['NaN', Number.NaN, { done: 0 }],
  ['a negative number', -1, { done: 0 }],
  ['more than all', 7, { done: 1 }],
  ['infinity', Number.POSITIVE_INFINITY, { done: 1 }],
  ['nothing', undefined, { done: 0 }],
  ['null', null, { done: 0 }],
  ['a symbol', Symbol('half'), { done: 0 }],
  ['a bigint', 1n, { done: 1 }],
  ['a text', '0.5', { done: 0.5 }],
  ['more done than all', { done: 7, total: 5 }, { done: 5, total: 5 }],
  ['less done than nothing', { done: -7, total: 5 }, { done: 0, total: 5 }],
  ['nothing to do', { done: 1, total: 0, text: 'empty' }, { done: 0, text: 'empty' }],
  ['a total that is not a number', { done: 1, total: '5' }, { done: 0 }],
  ['an endless total', { done: 1, total: Number.POSITIVE_INFINITY }, { done: 0 }],
  ['a text that is not a text', { done: 1, text: 7 }, { done: 1 }],
  ['an empty text', { done: 1, text: ' \n' }, { done: 1 }],
  [
    'fields that throw',
    {
      get done() {
        throw new Error('no');
      },
    },
    { done: 0 },
  ],
])('%s does not throw', (_name, given, report) => {
  expect(toProgressReport(given)).toEqual(report);
});

test('a text is one line of a bounded length, without what stores cannot keep', () => {
  const { text = '' } = toProgressReport({ done: 0, text: 'a\0b\r\nc\u2028d\ud800' });

  expect(text).toBe('a b c d\ufffd');
  expect(toProgressReport({ done: 0, text: 'x'.repeat(1_000_000) }).text).toHaveLength(MAX_PROGRESS_TEXT);
});

test('a report stays as it is when it is read again', () => {
  const report = toProgressReport({ done: 1 / 3, total: 7, text: `${'x'.repeat(300)}\ud800` });

  expect(toProgressReport(report)).toEqual(report);
});
