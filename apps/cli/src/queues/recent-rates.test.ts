import type { Rates } from '@leveret/core';
import { expect, test } from 'vitest';
import { renderRates, toRatesJson, toRecentRates } from './recent-rates.ts';

const total = {
  ...{ in: 120, succeeded: 100, cancelled: 3, expired: 0, dead: 2, failedAttempts: 7 },
  queueWait: { count: 110, p50Ms: 12, p95Ms: 1_500, p99Ms: 2_000 },
};
const rates: Rates = {
  sliceMs: 10_000,
  since: 1_700_000_040_000,
  until: 1_700_000_105_000,
  queues: [
    {
      queue: 'mail',
      total,
      slices: [{ startAt: 1_700_000_040_000, ...total }],
      kinds: [{ kind: 'mail.send', total, slices: [] }],
    },
  ],
};

test('counts are shown per minute, and durations of their own only where there are some', () => {
  expect(renderRates(toRecentRates(rates, 'mail'))).toEqual(['111', '97', '6', '12 ms/1.5 s', '']);
});

test('a queue in which nothing happened has counts of 0', () => {
  expect(renderRates(toRecentRates(rates, 'media'))).toEqual(['0', '0', '0', '', '']);
});

test('JSON has all counts and percentiles, of each kind too, and moments in ISO 8601', () => {
  expect(toRatesJson(toRecentRates(rates, 'mail'))).toEqual({
    since: '2023-11-14T22:14:00.000Z',
    until: '2023-11-14T22:15:05.000Z',
    total,
    slices: [{ ...total, startAt: '2023-11-14T22:14:00.000Z' }],
    kinds: [{ kind: 'mail.send', total, slices: [] }],
  });
});
