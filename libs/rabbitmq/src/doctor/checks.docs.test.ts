import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHECKS } from './checks.ts';

const page = readFileSync(new URL('../../../../docs/reference/doctor.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('\n## Checks\n');
const rows = section
  .split('\n## ')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(' | '));

test('docs/reference/doctor.md has every check: what it looks at, needs, comes to at worst, and what mends it', () => {
  const expected = Object.entries(CHECKS).map(([name, { looksAt, needs, worst, fix }]) => [
    `\`${name}\``,
    looksAt,
    needs,
    worst,
    fix,
  ]);

  expect(rows).toEqual(expected);
});
