import { expect, test } from 'vitest';
import { fillSlices } from './fill-slices.ts';

const NOTHING = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

test('gaps are filled with zeros, and the slice that is not over is left out', () => {
  const slices = fillSlices({
    since: '2026-03-01T12:00:00.000Z',
    until: '2026-03-01T12:00:34.000Z',
    sliceMs: 10_000,
    slices: [
      { ...NOTHING, startAt: '2026-03-01T12:00:10.000Z', in: 7 },
      { ...NOTHING, startAt: '2026-03-01T12:00:30.000Z', in: 2 },
    ],
  });

  expect(slices.map(({ startAt, in: count }) => [startAt.toISOString(), count])).toEqual([
    ['2026-03-01T12:00:00.000Z', 0],
    ['2026-03-01T12:00:10.000Z', 7],
    ['2026-03-01T12:00:20.000Z', 0],
  ]);
});
