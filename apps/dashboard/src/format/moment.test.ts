import { expect, test } from 'vitest';
import { formatClock, formatLocalInput, formatMoment } from './moment.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const NOW = new Date(2026, 2, 12, 9, 30);

test.each([
  [new Date(2026, 2, 12, 3, 5), '03:05'],
  [new Date(2026, 2, 11, 23, 59), 'Wed 23:59'],
  [new Date(2026, 2, 2, 11, 20), '2 Mar 11:20'],
  [new Date(2025, 10, 30, 17, 0), '30 Nov 2025 17:00'],
])('%s is shown as %s', (at, text) => {
  expect(plain(formatMoment(at, NOW))).toBe(text);
});

test('a moment can be shown to the second', () => {
  expect(formatClock(new Date(2026, 2, 12, 3, 11, 20))).toBe('03:11:20');
});

test('a moment in a field is the same moment when it is read', () => {
  const at = new Date(2026, 2, 5, 3, 7);

  expect(formatLocalInput(at)).toBe('2026-03-05T03:07');
  expect(new Date(formatLocalInput(at))).toEqual(at);
});
