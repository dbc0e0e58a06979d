import { expect, test } from 'vitest';
import { toCountWords, toDurationWords, toSizeWords } from './words.ts';

test.each([
  [-1, '0 s'],
  [400, '0 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [192_000, '3 min 12 s'],
  [3_600_000, '1 h'],
  [11_520_000, '3 h 12 min'],
  [90_000_000, '1 d 1 h'],
])('%i ms are %s', (durationMs, words) => {
  expect(toDurationWords(durationMs)).toBe(words);
});

test('counts and sizes', () => {
  expect([toCountWords(1, 'job'), toCountWords(1_200, 'job')]).toEqual(['1 job', '1,200 jobs']);
  expect([toSizeWords(1_024 ** 3 - 1), toSizeWords(1_024 ** 3 * 1.5)]).toEqual(['1024 MiB', '1.5 GiB']);
});
