import { expect, test } from 'vitest';
import { parseByteRange } from './byte-range.ts';

test.each([
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-500', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-500', { start: 0, end: 99 }],
  ['bytes=99-99', { start: 99, end: 99 }],
])('%s of 100 bytes is one part', (header, range) => {
  expect(parseByteRange(header, 100)).toEqual(range);
});

test.each([['bytes=100-'], ['bytes=100-200'], ['bytes=-0'], ['bytes=999999999999999-']])(
  '%s of 100 bytes lies outside',
  (header) => {
    expect(parseByteRange(header, 100)).toBe('unsatisfiable');
  },
);

test.each([
  [undefined],
  [''],
  ['bytes=-'],
  ['bytes=9-3'],
  ['bytes=a-b'],
  ['items=0-1'],
  ['bytes=0-1,3-4'],
  [`bytes=${'0-,'.repeat(1_000)}0-`],
  ['bytes=99999999999999999999-'],
])('%s is answered with the whole file', (header) => {
  expect(parseByteRange(header, 100)).toBe('whole');
});
