import type { Durations, QueueRates, Rate, Rates } from '@leveret/core';
import { withMoments } from '../ledger/moments.ts';
import { toDurationText } from '../ledger/words.ts';

/** What happened in one queue lately. */
export interface RecentRates extends Pick<Rates, 'since' | 'until'>, Omit<QueueRates, 'queue'> {}

const NOTHING: Rate = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

/** The heads of the columns of {@link renderRates}. */
export const RATE_COLUMNS = ['in/min', 'out/min', 'failed/min', 'wait p50/p95', 'run p50/p95'] as const;

/** What rates say of one queue. */
export function toRecentRates({ since, until, queues }: Rates, queue: string): RecentRates {
  const { total, slices, kinds } = queues.find((rates) => rates.queue === queue) ?? {
    total: NOTHING,
    slices: [],
    kinds: [],
  };
  return { since, until, total, slices, kinds };
}

/** For people: jobs that came in, jobs that ended, and attempts that failed, per minute; how long attempts waited and ran. */
export function renderRates({ since, until, total }: RecentRates): readonly string[] {
  const { succeeded, cancelled, expired, dead, queueWait, run } = total;
  const perMinute = (count: number) =>
    Math.round((count * 60_000) / Math.max(until - since, 1)).toLocaleString('en');
  const out = succeeded + cancelled + expired + dead;
  return [...[total.in, out, total.failedAttempts].map(perMinute), toText(queueWait), toText(run)];
}

/** As `--json` prints it. */
export function toRatesJson({ since, until, ...history }: RecentRates): Readonly<Record<string, unknown>> {
  return {
    ...withMoments({ since, until }),
    ...toHistoryJson(history),
    kinds: history.kinds.map(({ kind, ...ofKind }) => ({ kind, ...toHistoryJson(ofKind) })),
  };
}

function toHistoryJson({ total, slices }: Pick<QueueRates, 'total' | 'slices'>) {
  return { total, slices: slices.map(withMoments) };
}

function toText(durations: Durations | undefined): string {
  if (durations === undefined) return '';
  return [durations.p50Ms, durations.p95Ms].map(toDurationText).join('/');
}
