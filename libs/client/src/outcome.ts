import { type Clock, isNothingStored, LeveretError } from '@leveret/core';

/** The outcome of a promise as a value, so that it can be read at any time and more than once. */
export type Outcome<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** If a timer is so late, in milliseconds, this process itself delayed it, and also the answers that have arrived. */
const BUSY_MS = 50;
/** How long a busy process gets to read the answers that have arrived, in milliseconds. */
const HEAR_MS = 100;

/** The outcome of `work`. Never rejects. */
export function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  return work.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );
}

/**
 * What `work` settles with, or a rejection when that takes longer than `waitMs`. While this process is too busy to hear an answer, the
 * wait does not end.
 */
export function inTime<T>(clock: Clock, waitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let dueAt = clock.monotonic() + waitMs;
    function end(): void {
      const now = clock.monotonic();
      if (now - dueAt < BUSY_MS) return reject(new Error(`nothing was confirmed within ${waitMs} ms`));
      dueAt = now + HEAR_MS;
      cancel = clock.schedule(HEAR_MS, end);
    }
    let cancel = clock.schedule(waitMs, end);
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** The outcome, or a failure when there is none {@link inTime}. Never rejects. */
export function within<T>(clock: Clock, waitMs: number, outcome: Promise<Outcome<T>>): Promise<Outcome<T>> {
  return inTime(clock, waitMs, outcome).catch((error: unknown) => ({ ok: false, error }));
}

/** The first that succeeds; where both fail, the failure that leaves it open whether anything is stored, or the second. */
export async function firstSuccess(one: Promise<Outcome>, other: Promise<Outcome>): Promise<Outcome> {
  const first = await Promise.race([
    one.then((outcome) => ({ outcome, rest: other })),
    other.then((outcome) => ({ outcome, rest: one })),
  ]);
  if (first.outcome.ok) return first.outcome;
  const second = await first.rest;
  return second.ok || isNothingStored(first.outcome.error) ? second : first.outcome;
}

/** Whether the broker takes nothing at the moment, or just not this message. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof LeveretError && (error.code === 'BROKER_UNAVAILABLE' || error.code === 'BROKER_BLOCKED')
  );
}
