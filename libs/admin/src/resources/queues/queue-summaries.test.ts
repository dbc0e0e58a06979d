import type { SliceRate } from '@leveret/core';
import { expect, test } from 'vitest';
import { toQueueSummary } from './queue-summaries.ts';

/** 5 s into a slice. */
const NOW = 1_700_000_005_000;
const SLICE = 1_700_000_000_000;
const NOTHING = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

function summary(slices: readonly SliceRate[], queued = 0) {
  return toQueueSummary({
    queue: 'mail',
    now: NOW,
    counts: queued === 0 ? [] : [{ queue: 'mail', kind: 'a', state: 'queued', count: queued }],
    pause: undefined,
    workers: [],
    readyAt: undefined,
    rates: { queue: 'mail', total: NOTHING, slices, kinds: [] },
  });
}

test('rates are those of the last minute, and the trend has the last 30 slices', () => {
  const old = { ...NOTHING, startAt: SLICE - 290_000, in: 500, succeeded: 500 };
  const recent = { ...NOTHING, startAt: SLICE - 60_000, in: 13, succeeded: 60, dead: 5, failedAttempts: 20 };

  const { inPerSecond, outPerSecond, failureShare, trend } = summary([old, recent]);

  expect([inPerSecond, outPerSecond]).toEqual([13 / 65, 1]);
  expect(failureShare).toBe(0.25);
  expect(trend).toHaveLength(30);
  expect([trend[0], trend[23], trend[29]]).toEqual([500, 65, 0]);
});

test('a queue that drains says when it is empty, and one that grows does not', () => {
  const drains = { ...NOTHING, startAt: SLICE, in: 65, succeeded: 195 };
  const grows = { ...NOTHING, startAt: SLICE, in: 195, succeeded: 65 };

  expect(summary([drains], 120).emptyAt).toBe(new Date(NOW + 60_000).toISOString());
  expect(summary([grows], 120)).not.toHaveProperty('emptyAt');
  expect(summary([drains], 0)).not.toHaveProperty('emptyAt');
  expect(summary([drains], 1_000_000_000)).not.toHaveProperty('emptyAt');
});

test('where nothing happened there is no share of failures', () => {
  expect(summary([])).toMatchObject({ inPerSecond: 0, outPerSecond: 0 });
  expect(summary([])).not.toHaveProperty('failureShare');
});
