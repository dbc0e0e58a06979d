import { type Clock, withDeadline } from '@leveret/core';

/** What became of something that may fail: a value, so that it can be looked at as often and as late as anybody likes. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** The outcome of `work`. Never rejects. */
export function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  return work.then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error }),
  );
}

/** The outcome, or a failure when there is none within `waitMs`. Never rejects. */
export function within(clock: Clock, waitMs: number, outcome: Promise<Outcome>): Promise<Outcome> {
  const late = () => new Error(`nothing was confirmed within ${waitMs} ms`);
  return withDeadline(clock, waitMs, outcome, late).catch((error: unknown) => ({ ok: false, error }));
}

/** The first that succeeds, or the failure of the second to fail. */
export async function firstSuccess(one: Promise<Outcome>, other: Promise<Outcome>): Promise<Outcome> {
  const first = await Promise.race([
    one.then((outcome) => ({ outcome, rest: other })),
    other.then((outcome) => ({ outcome, rest: one })),
  ]);
  return first.outcome.ok ? first.outcome : await first.rest;
}
