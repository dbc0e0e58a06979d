import { readFileSync } from 'node:fs';
import { FAULT_KINDS } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { FAULT_RULES } from './fault-rules.ts';

const page = readFileSync(new URL('../../../../docs/reference/faults.md', import.meta.url), 'utf8');

test('docs/reference/faults.md is the table of faults', () => {
  const expected = FAULT_KINDS.map((kind) => {
    const { meaning, heldMs } = FAULT_RULES[kind];
    return `| \`${kind}\` | ${meaning} | ${heldMs / 1_000} s |`;
  });

  expect(page.split('\n').filter((line) => /^\| `[a-z-]+` \| .* s \|$/.test(line))).toEqual(expected);
});
