import { expect, test } from 'vitest';
import { formatAge, formatDistance, formatDuration } from './duration.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test.each([
  [-5, 'under 1 s'],
  [999, 'under 1 s'],
  [8_400, '8 s'],
  [60_000, '1 min'],
  [252_000, '4 min 12 s'],
  [1_499_000, '24 min'],
  [11_100_000, '3 h 5 min'],
  [50_000_000, '13 h'],
  [200_000_000, '2 d'],
])('%d ms have lasted %s', (ms, text) => {
  expect(plain(formatAge(ms))).toBe(text);
});

test.each([
  [0, '0 ms'],
  [31.4, '31 ms'],
  [1_290, '1.2 s'],
  [9_999, '9.9 s'],
  [45_200, '45 s'],
  [61_000, '1 min 1 s'],
])('%d ms were measured as %s', (ms, text) => {
  expect(plain(formatDuration(ms))).toBe(text);
});

test.each([
  ['2026-03-01T12:04:00Z', 'in 4 min'],
  ['2026-03-01T11:59:52Z', '8 s ago'],
  ['2026-03-01T12:00:00.400Z', 'just now'],
])('%s is %s at noon', (at, text) => {
  expect(plain(formatDistance(new Date(at), new Date('2026-03-01T12:00:00Z')))).toBe(text);
});
