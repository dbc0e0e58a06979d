import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JOB_STATES } from './states.ts';

const page = readFileSync(new URL('../../../../docs/reference/states.md', import.meta.url), 'utf8');

test('docs/reference/states.md is the table of states: every state, its meaning, whether at rest, where it goes', () => {
  const expected = Object.entries(JOB_STATES).map(([state, { meaning, terminal, next }]) => {
    const goesTo = next.map((name) => `\`${name}\``).join(', ') || '–';
    return `| \`${state}\` | ${meaning} | ${terminal ? 'yes' : 'no'} | ${goesTo} |`;
  });

  expect(page.split('\n').filter((line) => /^\| `[a-z]+` \|/.test(line))).toEqual(expected);
});
