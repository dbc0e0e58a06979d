import { expect, test } from 'vitest';
import type { Queue } from '../../api/queues.ts';
import { sumUp } from './sum-up.ts';

const QUIET: Queue = {
  queue: 'quiet',
  counts: {},
  inPerSecond: 0,
  outPerSecond: 0,
  trend: [],
  workers: 0,
  slots: { size: 0, busy: 0 },
  pause: undefined,
  emptyAt: undefined,
};

test('queues are summed up, and the one that waits longest is named', () => {
  const sum = sumUp([
    {
      ...QUIET,
      queue: 'mail',
      oldestWaitingMs: 10,
      outPerSecond: 1.5,
      trend: [1, 2],
      counts: { running: 2 },
    },
    {
      ...QUIET,
      queue: 'video',
      oldestWaitingMs: 30,
      outPerSecond: 2,
      trend: [0, 4],
      slots: { size: 8, busy: 1 },
    },
    QUIET,
  ]);

  expect(sum).toEqual({
    oldest: { queue: 'video', ms: 30 },
    slots: 8,
    busy: 2,
    outPerSecond: 3.5,
    trend: [1, 6],
  });
});

test('nothing waits where there is no queue', () => {
  expect(sumUp([])).toMatchObject({ oldest: undefined, trend: [] });
});
