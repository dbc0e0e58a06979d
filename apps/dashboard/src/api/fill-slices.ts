import type { QueueDetailsView, RateView } from '@leveret/http-contract/admin';

/** What happened in a stretch of time. */
export interface Slice extends RateView {
  readonly startAt: Date;
}

const NOTHING: RateView = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

/** The slices of a queue without gaps: where nothing happened, they are zeros. The one that is not over yet is left out: its rates would be too low. */
export function fillSlices({
  slices,
  since,
  until,
  sliceMs,
}: Pick<QueueDetailsView, 'slices' | 'since' | 'until' | 'sliceMs'>): readonly Slice[] {
  const from = Date.parse(since);
  const byPlace = new Map(
    slices.map((slice) => [Math.round((Date.parse(slice.startAt) - from) / sliceMs), slice]),
  );
  const count = Math.max(Math.floor((Date.parse(until) - from) / sliceMs), 0);
  return Array.from({ length: count }, (_, place) => ({
    ...(byPlace.get(place) ?? NOTHING),
    startAt: new Date(from + place * sliceMs),
  }));
}
