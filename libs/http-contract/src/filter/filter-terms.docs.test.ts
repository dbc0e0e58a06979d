import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FILTER_TERMS } from './filter-terms.ts';
import { parseFilter } from './parse-filter.ts';
import { MAX_FILTER_LENGTH, MAX_FILTER_TERMS } from './scan-terms.ts';

const page = readFileSync(new URL('../../../../docs/reference/filter.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => /^\| `[a-z]+` \|/.test(line));
const now = Date.UTC(2026, 5, 1);

test('docs/reference/filter.md is the table of terms: every name, its meaning, an example', () => {
  const expected = Object.entries(FILTER_TERMS).map(
    ([name, { meaning, example }]) => `| \`${name}\` | ${meaning} | \`${example}\` |`,
  );

  expect(rows).toEqual(expected);
});

test.each(Object.entries(FILTER_TERMS))('the example of %s is a term of that name', (name, { example }) => {
  expect(example).toMatch(new RegExp(`^${name}:`));
  expect(() => parseFilter(example, now)).not.toThrow();
});

test('every filter in a block of the page can be parsed', () => {
  const blocks = [...page.matchAll(/^```text\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );

  expect(blocks).not.toEqual([]);
  for (const filter of blocks) expect(() => parseFilter(filter, now), filter).not.toThrow();
});

test('the page says the limits', () => {
  expect(page).toContain(`at most ${MAX_FILTER_LENGTH.toLocaleString('en')} characters`);
  expect(page).toContain(`${MAX_FILTER_TERMS} terms`);
});
