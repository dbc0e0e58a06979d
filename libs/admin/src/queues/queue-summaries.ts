import type { JobCount, QueuePause, QueueRates, Rate, Rates, SeenWorker } from '@leveret/core';
import type { QueueSummaryView } from '@leveret/http-contract/admin';
import { endedIn } from '../resources/queues/rate-view.ts';
import { known, toIso, toStateCounts } from '../resources/wire/values.ts';

/** Slices of the trend. */
const TREND_SLICES = 30;
/** Of how long a time the rates are, in milliseconds. */
const RECENT_MS = 60_000;
/** A queue that is empty only after this time, in milliseconds, is not said to become empty. */
const MAX_EMPTY_MS = 7 * 86_400_000;

/** What queues are summarised from. */
export interface QueueSources {
  readonly counts: readonly JobCount[];
  /** Of the last five minutes at least, in slices of 10 s. */
  readonly rates: Rates;
  readonly oldestWaiting: readonly { readonly queue: string; readonly readyAt: number }[];
  readonly pauses: readonly QueuePause[];
  /** Workers that run. */
  readonly workers: readonly SeenWorker[];
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Every queue that has jobs, a worker or a pause, by name. Pure. */
export function toQueueSummaries(sources: QueueSources): QueueSummaryView[] {
  return queueNamesOf(sources).map((queue) => toQueueSummary(queue, sources));
}

/** Which queues there are, by name. Pure. */
export function queueNamesOf({
  counts,
  pauses,
  workers,
}: Pick<QueueSources, 'counts' | 'pauses' | 'workers'>): readonly string[] {
  const named = [...counts, ...pauses].map(({ queue }) => queue);
  return [...new Set([...named, ...workers.flatMap(({ queues }) => queues)])].sort();
}

function toQueueSummary(queue: string, sources: QueueSources): QueueSummaryView {
  const { rates, now } = sources;
  const counts = toStateCounts(sources.counts.filter((count) => count.queue === queue));
  const readyAt = sources.oldestWaiting.find((oldest) => oldest.queue === queue)?.readyAt;
  const pause = sources.pauses.find((one) => one.queue === queue);
  const workers = sources.workers.filter(({ queues }) => queues.includes(queue));
  const ofQueue = rates.queues.find((one) => one.queue === queue);
  const { inPerSecond, outPerSecond, failureShare } = recentOf(rates, ofQueue);
  return {
    queue,
    counts,
    ...{ inPerSecond, outPerSecond },
    trend: trendOf(rates, ofQueue),
    workers: workers.length,
    slots: slotsOf(queue, workers),
    ...known({
      failureShare,
      oldestWaitingMs: readyAt === undefined ? undefined : Math.max(0, now - readyAt),
      pause: pause && { by: pause.by, at: toIso(pause.at), ...known({ reason: pause.reason }) },
      emptyAt: emptyAtOf(counts.queued ?? 0, outPerSecond - inPerSecond, now),
    }),
  };
}

/** Of the last minute, to the beginning of a slice. */
function recentOf({ since, until, sliceMs }: Rates, ofQueue: QueueRates | undefined) {
  const first = Math.max(since, since + Math.floor((until - RECENT_MS - since) / sliceMs) * sliceMs);
  const slices = (ofQueue?.slices ?? []).filter(({ startAt }) => startAt >= first);
  const sum = (countOf: (rate: Rate) => number) => slices.reduce((total, slice) => total + countOf(slice), 0);
  const seconds = Math.max(until - first, 1) / 1_000;
  const failed = sum(({ failedAttempts }) => failedAttempts);
  const ended = failed + sum(({ succeeded }) => succeeded);
  return {
    inPerSecond: sum((rate) => rate.in) / seconds,
    outPerSecond: sum(endedIn) / seconds,
    failureShare: ended === 0 ? undefined : failed / ended,
  };
}

function trendOf({ since, until, sliceMs }: Rates, ofQueue: QueueRates | undefined): number[] {
  // The last slice is the one that has just begun.
  const last = Math.max(Math.ceil((until - since) / sliceMs) - 1, 0);
  const endedByPlace = new Map(
    ofQueue?.slices.map((slice) => [Math.round((slice.startAt - since) / sliceMs), endedIn(slice)]),
  );
  return Array.from(
    { length: TREND_SLICES },
    (_, place) => endedByPlace.get(last - TREND_SLICES + 1 + place) ?? 0,
  );
}

function slotsOf(queue: string, workers: readonly SeenWorker[]): QueueSummaryView['slots'] {
  const slots = workers.map(({ load, concurrency }) => {
    const own = load?.slots.find((one) => one.queue === queue);
    return { size: own?.size ?? concurrency, busy: own?.busy ?? 0 };
  });
  return {
    size: slots.reduce((sum, { size }) => sum + size, 0),
    busy: slots.reduce((sum, { busy }) => sum + busy, 0),
  };
}

function emptyAtOf(waiting: number, lessPerSecond: number, now: number): string | undefined {
  if (waiting === 0 || lessPerSecond <= 0) return undefined;
  const leftMs = (waiting / lessPerSecond) * 1_000;
  return leftMs > MAX_EMPTY_MS ? undefined : toIso(now + leftMs);
}
