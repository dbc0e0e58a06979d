import { sleep, systemClock } from '@leveret/core';
import type { CDPSession, Page } from 'playwright-core';
import { say } from './figures.ts';

/** What a page holds after its garbage was collected. */
export interface MemorySample {
  /** Since the first sample. */
  readonly atMinutes: number;
  readonly heapMb: number;
  readonly nodeCount: number;
  readonly listenerCount: number;
}

/** How long a page is open before its first sample, in milliseconds: code is compiled, and lists are as long as they become. */
const WARM_UP_MS = 20_000;
const MAX_INTERVAL_MS = 60_000;
/** Samples of a run that is too short for one a minute. */
const MIN_SAMPLES = 12;

/** Watches open pages for so long, with a sample of each every minute. */
export async function watchMemory<Name extends string>(
  pages: Readonly<Record<Name, Page>>,
  minutes: number,
): Promise<Readonly<Record<Name, readonly MemorySample[]>>> {
  const watched = await Promise.all(
    (Object.entries(pages) as [Name, Page][]).map(async ([name, page]) => ({
      name,
      session: await page.context().newCDPSession(page),
      samples: [] as MemorySample[],
    })),
  );
  const intervalMs = Math.min(MAX_INTERVAL_MS, (minutes * 60_000) / MIN_SAMPLES);
  await sleep(systemClock, WARM_UP_MS);
  const startedAt = systemClock.monotonic();
  for (let atMs = 0; atMs <= minutes * 60_000; atMs += intervalMs) {
    await sleep(systemClock, Math.max(0, startedAt + atMs - systemClock.monotonic()));
    for (const { name, session, samples } of watched) {
      const sample = await takeSample(session, atMs / 60_000);
      samples.push(sample);
      const { atMinutes, heapMb, nodeCount, listenerCount } = sample;
      say(
        `  ${name} after ${atMinutes.toFixed(1)} min: heap ${heapMb.toFixed(2)} MB, ${nodeCount} nodes, ${listenerCount} listeners`,
      );
    }
  }
  return Object.fromEntries(watched.map(({ name, samples }) => [name, samples])) as Record<
    Name,
    MemorySample[]
  >;
}

async function takeSample(session: CDPSession, atMinutes: number): Promise<MemorySample> {
  // What waits to be finalised is freed by the second collection.
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  return { atMinutes, heapMb: usedSize / 1e6, nodeCount: nodes, listenerCount: jsEventListeners };
}

/** By how much a value grows in half an hour: the slope of the line that is nearest to its samples. */
export function growthPerHalfHour(
  samples: readonly MemorySample[],
  toValue: (sample: MemorySample) => number,
): number {
  const meanAt = mean(samples.map(({ atMinutes }) => atMinutes));
  const meanValue = mean(samples.map(toValue));
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atMinutes - meanAt) * (toValue(sample) - meanValue);
    variance += (sample.atMinutes - meanAt) ** 2;
  }
  return (covariance / variance) * 30;
}

/** The mean of the last quarter of the samples, as a multiple of that of the first quarter. */
export function lastToFirst(
  samples: readonly MemorySample[],
  toValue: (sample: MemorySample) => number,
): number {
  const count = Math.ceil(samples.length / 4);
  return mean(samples.slice(-count).map(toValue)) / mean(samples.slice(0, count).map(toValue));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
