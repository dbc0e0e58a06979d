import { expect, test } from 'vitest';
import { createPrefetchGovernor, type PrefetchGovernor } from './prefetch.ts';

/** Observes `count` jobs, and changes the prefetch whenever that is advised. */
function observeMany(governor: PrefetchGovernor, durationMs: number, count = 500): number[] {
  const changes: number[] = [];
  for (let job = 0; job < count; job += 1) {
    const prefetch = governor.observe(durationMs);
    if (prefetch === undefined) continue;
    governor.changed(prefetch);
    changes.push(prefetch);
  }
  return changes;
}

test('fast work is fetched ahead, up to the bound', () => {
  const governor = createPrefetchGovernor({ concurrency: 1, longestTimeoutMs: 60_000, tellOutcomes: false });

  expect(governor.initial).toBe(3);
  expect(observeMany(governor, 0.05).at(-1)).toBe(257);
});

test('where outcomes are told, twice as much is fetched ahead', () => {
  const governor = createPrefetchGovernor({ concurrency: 1, longestTimeoutMs: 60_000, tellOutcomes: true });

  expect(observeMany(governor, 0.05).at(-1)).toBe(513);
});

test('slow work is left on the queue for others', () => {
  const governor = createPrefetchGovernor({ concurrency: 4, longestTimeoutMs: 60_000, tellOutcomes: false });

  expect(governor.initial).toBe(12);
  expect(observeMany(governor, 5_000).at(-1)).toBe(4);
});

test('work that may take over a minute is never fetched ahead', () => {
  const governor = createPrefetchGovernor({ concurrency: 4, longestTimeoutMs: 60_001, tellOutcomes: false });

  expect(governor.initial).toBe(4);
  expect(observeMany(governor, 1)).toEqual([]);
});

test('a prefetch that is about right stays', () => {
  const governor = createPrefetchGovernor({ concurrency: 10, longestTimeoutMs: 1_000, tellOutcomes: false });

  expect(observeMany(governor, 125)).toEqual([]);
});

test('a change that did not come about is advised again', () => {
  const governor = createPrefetchGovernor({ concurrency: 1, longestTimeoutMs: 60_000, tellOutcomes: false });
  const advice = () => Array.from({ length: 32 }, () => governor.observe(0.05)).at(-1);

  expect(advice()).toBe(257);
  expect(advice()).toBe(257);
  governor.changed(257);
  expect(advice()).toBeUndefined();
});
