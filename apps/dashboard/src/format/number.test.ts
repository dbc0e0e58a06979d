import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatCounted, formatRate, formatShare } from './number.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('a count has its thousands apart, and a noun that agrees with it', () => {
  expect(formatCount(12_408)).toBe('12,408');
  expect([0, 1, 2].map((count) => plain(formatCounted(count, 'job')))).toEqual(['0 jobs', '1 job', '2 jobs']);
});

test.each([
  [0, '0'],
  [0.03, 'under 0.1'],
  [0.2, '0.2'],
  [3.14, '3.1'],
  [187.6, '188'],
  [1_204, '1,204'],
])('a rate of %d is shown as %s', (rate, text) => {
  expect(plain(formatRate(rate))).toBe(text);
});

test.each([
  [0, '0 %'],
  [0.0004, 'under 0.1 %'],
  [0.019, '1.9 %'],
  [0.92, '92 %'],
  [0.9999, '99 %'],
  [1, '100 %'],
])('a share of %d is shown as %s', (share, text) => {
  expect(plain(formatShare(share))).toBe(text);
});

test.each([
  [0, '0 B'],
  [640, '640 B'],
  [1_000, '1 kB'],
  [4_200, '4.2 kB'],
  [212_000_000, '212 MB'],
  [61_000_000_000, '61 GB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(plain(formatBytes(bytes))).toBe(text);
});
