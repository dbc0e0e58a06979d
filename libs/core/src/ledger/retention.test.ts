import { expect, test } from 'vitest';
import { FINAL_STATES, JOB_STATES, type JobState } from '../job/states.ts';
import { toKindFilter } from './kind-filter.ts';
import { DEFAULT_KEEP_MS, keepMsOf, type RetentionRule, requireRetentionRules } from './retention.ts';

const HOUR_MS = 3_600_000;

function ruleOf(kind: string, keepMs: RetentionRule['keepMs'], state?: JobState): RetentionRule {
  const filter = toKindFilter(kind);
  return { ...(filter && { kind: filter }), ...(state && { state }), keepMs };
}

test('without rules, every final state is kept for 7 days, and no other is ever deleted', () => {
  for (const state of Object.keys(JOB_STATES) as JobState[])
    expect([state, keepMsOf([], { kind: 'k', state })]).toEqual([
      state,
      FINAL_STATES.includes(state) ? DEFAULT_KEEP_MS : undefined,
    ]);
  expect(DEFAULT_KEEP_MS).toBe(7 * 24 * HOUR_MS);
  expect(FINAL_STATES).toEqual(expect.arrayContaining(['succeeded', 'cancelled', 'expired']));
});

test('the first rule for a kind and state counts', () => {
  const rules = [
    ruleOf('mail.send', HOUR_MS, 'succeeded'),
    ruleOf('mail.*', 'forever'),
    ruleOf('', 2 * HOUR_MS, 'cancelled'),
  ];
  const keepMs = (kind: string, state: JobState) => keepMsOf(rules, { kind, state });

  expect(keepMs('mail.send', 'succeeded')).toBe(HOUR_MS);
  expect(keepMs('mail.send', 'expired')).toBeUndefined();
  expect(keepMs('mail.digest', 'succeeded')).toBeUndefined();
  expect(keepMs('mailing', 'succeeded')).toBe(DEFAULT_KEEP_MS);
  expect(keepMs('mailing', 'cancelled')).toBe(2 * HOUR_MS);
});

test('no rule deletes dead jobs, or jobs that are not finished', () => {
  for (const state of ['dead', 'queued', 'running'] as const) {
    expect(keepMsOf([ruleOf('', HOUR_MS)], { kind: 'k', state })).toBeUndefined();
    expect(() => requireRetentionRules([ruleOf('', HOUR_MS, state)])).toThrow('are never deleted');
  }
});

test.each([0, 59_999, 60_000.5, Number.NaN, Number.POSITIVE_INFINITY, 3_153_600_000_001])(
  'jobs cannot be kept for %d ms',
  (keepMs) => {
    expect(() => requireRetentionRules([{ keepMs }])).toThrow(RangeError);
  },
);

test.each([60_000, 3_153_600_000_000, 'forever'] as const)('jobs can be kept for %s ms', (keepMs) => {
  expect(() => requireRetentionRules([{ keepMs }])).not.toThrow();
});
