import { expect, test } from 'vitest';
import { shortened, toDistance, toDurationText, toLine, toShellWord } from './words.ts';

test.each([
  [0, 'now'],
  [-999, 'now'],
  [-1_000, '1 second ago'],
  [-59_999, '59 seconds ago'],
  [-60_000, '1 minute ago'],
  [-3_599_999, '59 minutes ago'],
  [-7_200_000, '2 hours ago'],
  [-86_400_000, '1 day ago'],
  [-900 * 86_400_000, '900 days ago'],
  [90_000, 'in 1 minute'],
])('%i ms from now is %j', (distanceMs, words) => {
  expect(toDistance(1_000_000_000_000 + distanceMs, 1_000_000_000_000)).toBe(words);
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [12_345, '12 s'],
  [90_000, '1.5 min'],
  [3_600_000, '1.0 h'],
  [2_147_483_647, '597 h'],
])('%i ms are %j', (durationMs, words) => {
  expect(toDurationText(durationMs)).toBe(words);
});

test('a line has no characters that control a terminal', () => {
  expect(toLine('a\u001b[2Jb\r\nc\u009bd')).toBe('a [2Jb c d');
});

test('a long text is cut, and says how much is left out', () => {
  expect(shortened('x'.repeat(2_000))).toBe('x'.repeat(2_000));
  expect(shortened('x'.repeat(4_500))).toBe(
    `${'x'.repeat(2_000)}…\n(2,500 more characters; --json prints all)`,
  );
});

test.each([
  ['state:dead', 'state:dead'],
  ['', "''"],
  ['age:>1h', "'age:>1h'"],
  ["it's $HOME", String.raw`'it'\''s $HOME'`],
])('%j is %j in a shell', (text, word) => {
  expect(toShellWord(text)).toBe(word);
});
