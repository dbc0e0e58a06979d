import {
  type Clock,
  type ControlStore,
  type JobCount,
  type JobReader,
  type QueuePause,
  type QueueRates,
  SEEN_WITHIN_MS,
  type SeenWorker,
  type SliceRate,
} from '@leveret/core';
import type { QueueSummaryView } from '@leveret/http-contract/admin';
import { known, toIso, toStateCounts } from '../wire/values.ts';
import { endedIn } from './rate-view.ts';

/** How long a slice of the trend is, in milliseconds. */
export const TREND_SLICE_MS = 10_000;
/** Slices of the trend. */
const TREND_SLICES = 30;
/** Of how long a time rates are those that are shown, in milliseconds. */
const RATE_MS = 60_000;
/** Further in the future it is not said when a queue will be empty, in milliseconds. */
const MAX_EMPTY_MS = 7 * 86_400_000;

/** What is read to summarize queues. */
export interface QueueSources {
  readonly reader: Pick<JobReader, 'counts' | 'activity'>;
  readonly store: Pick<ControlStore, 'pauses' | 'workers'>;
  readonly clock: Clock;
}

/** What is known of all queues. */
export interface KnownQueues {
  /** By name. */
  readonly queues: readonly QueueSummaryView[];
  /** Exact counts of all jobs. */
  readonly counts: readonly JobCount[];
}

/** Reads what is known of all queues: those that have jobs, workers or a pause. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function readQueues(sources: QueueSources): Promise<KnownQueues> {
  const { reader, clock } = sources;
  const now = clock.now();
  const [{ names, counts, pauses, workers }, waiting, rates] = await Promise.all([
    readQueueNames(sources),
    reader.activity.oldestWaiting(now),
    reader.activity.rates({ since: firstSliceAt(now), sliceMs: TREND_SLICE_MS }),
  ]);
  const queues = names.map((queue) =>
    toQueueSummary({
      queue,
      now,
      counts: counts.filter((group) => group.queue === queue),
      pause: pauses.find((pause) => pause.queue === queue),
      workers: workers.filter((worker) => worker.queues.includes(queue)),
      readyAt: waiting.find((oldest) => oldest.queue === queue)?.readyAt,
      rates: rates.queues.find((one) => one.queue === queue),
    }),
  );
  return { queues, counts };
}

/** Reads which queues there are, by name, and from what that is known. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function readQueueNames({ reader, store }: Omit<QueueSources, 'clock'>) {
  const [counts, pauses, workers] = await Promise.all([
    reader.counts(),
    store.pauses(),
    store.workers(SEEN_WITHIN_MS),
  ]);
  const named = [...counts, ...pauses].map(({ queue }) => queue);
  const names = [...new Set([...named, ...workers.flatMap(({ queues }) => queues)])].sort();
  return { names, counts, pauses, workers };
}

/** The slice at hand is the last one of the trend. */
function firstSliceAt(now: number): number {
  return now - (now % TREND_SLICE_MS) - (TREND_SLICES - 1) * TREND_SLICE_MS;
}

/** What is known of one queue. */
interface QueueFacts {
  readonly queue: string;
  readonly now: number;
  readonly counts: readonly JobCount[];
  readonly pause: QueuePause | undefined;
  readonly workers: readonly SeenWorker[];
  /** Since when the job that waits longest has been ready. */
  readonly readyAt: number | undefined;
  /** Of the slices of the trend. */
  readonly rates: QueueRates | undefined;
}

/** A queue as lists show it. Pure. */
export function toQueueSummary(facts: QueueFacts): QueueSummaryView {
  const { queue, now, pause, workers, readyAt, rates } = facts;
  const counts = toStateCounts(facts.counts);
  const slices = rates?.slices ?? [];
  const recent = slices.filter(({ startAt }) => startAt > now - RATE_MS - TREND_SLICE_MS);
  const inPerSecond = perSecond(recent, ({ in: came }) => came, now);
  const outPerSecond = perSecond(recent, endedIn, now);
  const failed = sumOf(recent, ({ failedAttempts }) => failedAttempts);
  const attempts = failed + sumOf(recent, ({ succeeded }) => succeeded);
  const emptyAt = emptyAtOf(counts.queued ?? 0, outPerSecond - inPerSecond, now);
  return {
    ...{ queue, counts, inPerSecond, outPerSecond },
    ...known({
      oldestWaitingMs: readyAt === undefined ? undefined : Math.max(0, now - readyAt),
      failureShare: attempts === 0 ? undefined : failed / attempts,
      pause: pause && { by: pause.by, ...known({ reason: pause.reason }), at: toIso(pause.at) },
      emptyAt: emptyAt === undefined ? undefined : toIso(emptyAt),
    }),
    trend: trendOf(slices, now),
    workers: workers.length,
    slots: slotsOf(queue, workers),
  };
}

function sumOf(slices: readonly SliceRate[], countOf: (slice: SliceRate) => number): number {
  return slices.reduce((sum, slice) => sum + countOf(slice), 0);
}

/** Over the last whole slices and what there is of the slice at hand. */
function perSecond(slices: readonly SliceRate[], countOf: (slice: SliceRate) => number, now: number): number {
  const coveredMs = RATE_MS + (now % TREND_SLICE_MS);
  return (sumOf(slices, countOf) * 1_000) / coveredMs;
}

function emptyAtOf(waiting: number, shrinksPerSecond: number, now: number): number | undefined {
  if (waiting === 0 || shrinksPerSecond <= 0) return undefined;
  const leftMs = (waiting / shrinksPerSecond) * 1_000;
  return leftMs > MAX_EMPTY_MS ? undefined : now + leftMs;
}

function trendOf(slices: readonly SliceRate[], now: number): number[] {
  const first = firstSliceAt(now);
  const trend = Array.from({ length: TREND_SLICES }, () => 0);
  for (const slice of slices) {
    const index = (slice.startAt - first) / TREND_SLICE_MS;
    if (Number.isInteger(index) && index >= 0 && index < TREND_SLICES) trend[index] = endedIn(slice);
  }
  return trend;
}

/** A worker of an earlier build does not say which of its slots are in use. */
function slotsOf(queue: string, workers: readonly SeenWorker[]): QueueSummaryView['slots'] {
  let [size, busy] = [0, 0];
  for (const { concurrency, load } of workers) {
    const slots = load?.slots.find((one) => one.queue === queue);
    size += slots?.size ?? concurrency;
    busy += slots?.busy ?? 0;
  }
  return { size, busy };
}
