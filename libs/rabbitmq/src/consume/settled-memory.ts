import type { Clock } from '@leveret/core';

/** Deliveries remembered at least, if they are not too old; at most twice as many. A connection can only lose what is in hand. */
const CAPACITY = 5_000;
/** How long one is remembered, in milliseconds: a broker redelivers within seconds of losing a consumer. */
export const KEEP_MS = 120_000;

/** Remembers by their keys which deliveries of one queue are settled. A delivery that it forgets is only run once more. */
export interface SettledMemory {
  add(key: string): void;
  has(key: string): boolean;
  forget(key: string): void;
  /** How many are remembered. */
  size(): number;
}

/** Creates a memory. Adding costs the same however much is remembered: the older half is let go of as a whole. */
export function createSettledMemory(clock: Clock): SettledMemory {
  let newer = new Map<string, number>();
  let older = new Map<string, number>();
  return {
    add(key) {
      if (newer.size >= CAPACITY) {
        older = newer;
        newer = new Map();
      }
      newer.set(key, clock.monotonic());
    },
    has(key) {
      const addedAt = newer.get(key) ?? older.get(key);
      return addedAt !== undefined && clock.monotonic() - addedAt <= KEEP_MS;
    },
    forget(key) {
      newer.delete(key);
      older.delete(key);
    },
    size: () => newer.size + older.size,
  };
}
