import { queueSummary } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import { jobs, NOW, ratesOf, worker } from '../../fixtures/observations.ts';
import { type QueueSources, toQueueSummaries } from './queue-summaries.ts';

function summaries(over: Partial<QueueSources>) {
  const found = toQueueSummaries({
    ...{ counts: [], rates: ratesOf([]), oldestWaiting: [], pauses: [], workers: [], now: NOW },
    ...over,
  });
  for (const summary of found) queueSummary.parse(summary);
  return found;
}

test('a queue has its jobs by state, its workers and slots, its pause and the age of its oldest job', () => {
  const load = { rssBytes: 1, cpuShare: 0, eventLoopDelayMs: 0, running: [] };
  const busy = { ...worker, load: { ...load, slots: [{ queue: 'q', size: 4, busy: 3 }] } };

  expect(
    summaries({
      counts: [jobs('queued', 2), { ...jobs('queued', 3), kind: 'other' }, jobs('dead', 1)],
      workers: [worker, busy],
      pauses: [{ queue: 'q', by: 'ann', at: NOW - 1_000, reason: 'why' }],
      oldestWaiting: [{ queue: 'q', readyAt: NOW - 5_000 }],
    }),
  ).toMatchObject([
    {
      queue: 'q',
      counts: { queued: 5, dead: 1 },
      workers: 2,
      slots: { size: 6, busy: 3 },
      pause: { by: 'ann', at: new Date(NOW - 1_000).toISOString(), reason: 'why' },
      oldestWaitingMs: 5_000,
    },
  ]);
});

test('queues that have only jobs, only a worker or only a pause are there, by name', () => {
  const found = summaries({
    counts: [jobs('dead', 1, 'c')],
    workers: [{ ...worker, queues: ['b'] }],
    pauses: [{ queue: 'a', by: 'ann', at: NOW }],
  });

  expect(found.map(({ queue }) => queue)).toEqual(['a', 'b', 'c']);
  expect(found[0]).toEqual({
    ...{ queue: 'a', counts: {}, inPerSecond: 0, outPerSecond: 0, workers: 0, slots: { size: 0, busy: 0 } },
    ...{ trend: Array.from({ length: 30 }, () => 0), pause: { by: 'ann', at: new Date(NOW).toISOString() } },
  });
});

test('rates are those of the last minute, and the trend is that of the last five', () => {
  const minute = Array.from({ length: 6 }, () => ({ in: 20, succeeded: 8, dead: 2, failedAttempts: 8 }));
  const [summary] = summaries({
    counts: [jobs('queued', 1)],
    rates: ratesOf([...minute, { in: 1_000, succeeded: 500 }]),
  });

  expect(summary).toMatchObject({ inPerSecond: 2, outPerSecond: 1, failureShare: 0.5 });
  expect(summary?.trend).toHaveLength(30);
  expect(summary?.trend.slice(-8)).toEqual([0, 500, 10, 10, 10, 10, 10, 10]);
});

test('a queue becomes empty when more jobs end than come in, and otherwise that is not said', () => {
  const minute = (over: object) => ratesOf(Array.from({ length: 6 }, () => over));
  const emptyAt = (queued: number, over: object) =>
    summaries({ counts: [jobs('queued', queued)], rates: minute(over) })[0]?.emptyAt;

  expect(emptyAt(100, { in: 10, succeeded: 20 })).toBe(new Date(NOW + 100_000).toISOString());
  expect(emptyAt(100, { in: 20, succeeded: 20 })).toBeUndefined();
  expect(emptyAt(1e9, { in: 0, succeeded: 1 })).toBeUndefined();
});
