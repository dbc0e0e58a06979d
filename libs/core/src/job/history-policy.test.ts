import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isHistoryPolicy, keepsBody, STATES_WITHOUT_BODY } from './history-policy.ts';
import { JOB_STATES, type JobState } from './states.ts';

const STATES = Object.keys(JOB_STATES) as readonly JobState[];
const page = readFileSync(new URL('../../../../docs/reference/retention.md', import.meta.url), 'utf8');

test('a job that is not over keeps its body under every policy, and so does a dead one', () => {
  const kept = STATES.filter((state) => state === 'dead' || !JOB_STATES[state].terminal);

  for (const policy of ['all', 'failed', 'none'] as const)
    expect(kept.filter((state) => !keepsBody(policy, state))).toEqual([]);
});

test('without a policy, and with the policy for all, every body is kept', () => {
  for (const policy of [undefined, 'all'] as const)
    expect(STATES.filter((state) => !keepsBody(policy, state))).toEqual([]);
});

test.each(['all', 'failed', 'none'])('%s is a policy', (policy) => {
  expect(isHistoryPolicy(policy)).toBe(true);
});

test.each(['', 'some', 'toString', undefined, null, 1])('%j is no policy', (policy) => {
  expect(isHistoryPolicy(policy)).toBe(false);
});

test('docs/reference/retention.md has the states without a body of each policy', () => {
  const expected = Object.entries(STATES_WITHOUT_BODY).map(
    ([policy, states]) => `| \`${policy}\` | ${states.map((state) => `\`${state}\``).join(', ') || 'none'} |`,
  );

  expect(page.split('\n').filter((line) => /^\| `(all|failed|none)` \|/.test(line))).toEqual(expected);
});
