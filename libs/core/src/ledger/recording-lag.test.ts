import { expect, test } from 'vitest';
import { lagAfter, REPORT_HOLDS_MS } from './recording-lag.ts';

test('what a recorder reported holds for a moment, and then grows', () => {
  const report = { at: 10_000, behindMs: 500 };

  expect(lagAfter(report, 10_000)).toEqual({ behindMs: 500, isReported: true });
  expect(lagAfter(report, 10_000 + REPORT_HOLDS_MS)).toEqual({ behindMs: 500, isReported: true });
  expect(lagAfter(report, 11_000 + REPORT_HOLDS_MS)).toEqual({
    behindMs: 1_500 + REPORT_HOLDS_MS,
    isReported: false,
  });
});

test('a report from a clock that is ahead holds', () => {
  expect(lagAfter({ at: 20_000, behindMs: 0 }, 10_000)).toEqual({ behindMs: 0, isReported: true });
});

test('where no recorder has reported, the lag is not known', () => {
  expect(lagAfter(undefined, 0)).toEqual({ isReported: false });
});
