import { systemClock } from '@leveret/core';

/** How long the steps of an incident took. */
export interface Steps {
  /** Ends a step, and begins the next one. */
  end(name: string): void;
  /** How long a step took, in milliseconds. */
  tookMs(name: string): number | undefined;
  /** All of them, for people. */
  words(): string;
}

/** Begins the first step. */
export function countSteps(): Steps {
  const tookMsByName = new Map<string, number>();
  let since = systemClock.monotonic();
  return {
    end(name) {
      const now = systemClock.monotonic();
      tookMsByName.set(name, now - since);
      since = now;
    },
    tookMs: (name) => tookMsByName.get(name),
    words: () =>
      [...tookMsByName].map(([name, tookMs]) => `${name} after ${(tookMs / 1_000).toFixed(1)} s`).join(', '),
  };
}
