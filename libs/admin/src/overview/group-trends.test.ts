import { expect, test } from 'vitest';
import { group, NOW } from '../../fixtures/observations.ts';
import { createGroupTrends } from './group-trends.ts';

test('groups that have more jobs than before grow, the fastest first', () => {
  const trends = createGroupTrends();
  const named = (fingerprint: string, retrying: number, dead = 0) =>
    group({ fingerprint, retrying, dead, firstSeenAt: 0 });
  trends.note([named('slow', 10), named('fast', 10), named('shrinks', 10), named('same', 5, 5)], NOW);
  const now = [named('slow', 11), named('fast', 10, 40), named('shrinks', 9), named('same', 4, 6)];

  expect(trends.growing(now).map(({ group: { fingerprint }, trend }) => [fingerprint, trend])).toEqual([
    ['fast', [10, 50]],
    ['slow', [10, 11]],
  ]);
});

test('a group that is new grows from nothing, and one that was there when the process started does not', () => {
  const trends = createGroupTrends();
  const groups = [group({ fingerprint: 'new' }), group({ fingerprint: 'old', firstSeenAt: NOW - 300_000 })];
  trends.note(groups, NOW);

  expect(trends.growing(groups).map(({ group: { fingerprint } }) => fingerprint)).toEqual(['new']);
});

test('groups are sampled every 10 s, and five minutes are kept', () => {
  const trends = createGroupTrends();
  for (let second = 0; second <= 600; second += 3)
    trends.note([group({ retrying: second, firstSeenAt: 0 })], NOW + second * 1_000);
  const [growing] = trends.growing([group({ retrying: 601, firstSeenAt: 0 })]);

  expect(growing?.trend).toHaveLength(30);
  expect(growing?.trend.at(-1)).toBe(601);
  expect(growing?.trend[0]).toBeGreaterThan(240);
});
