import type { Clock, JobMessage } from '@leveret/core';

/** Deliveries remembered at most. */
const CAPACITY = 10_000;
/** How long one is remembered, in milliseconds: a broker redelivers within seconds of losing a consumer. */
const KEEP_MS = 120_000;

/** Remembers deliveries that are settled but could not be acknowledged: when they come again, they need not run again. */
export interface SettledMemory {
  add(message: JobMessage): void;
  /** Whether the delivery is remembered; it is forgotten then. */
  take(message: JobMessage): boolean;
}

/** Creates a memory. What it forgets is only run once more. */
export function createSettledMemory(clock: Clock): SettledMemory {
  const addedAtByKey = new Map<string, number>();

  function forgetOld(): void {
    const now = clock.monotonic();
    for (const [key, addedAt] of addedAtByKey) {
      if (addedAtByKey.size <= CAPACITY && now - addedAt <= KEEP_MS) return;
      addedAtByKey.delete(key);
    }
  }

  return {
    add(message) {
      addedAtByKey.set(keyOf(message), clock.monotonic());
      forgetOld();
    },
    take(message) {
      if (addedAtByKey.size === 0) return false;
      forgetOld();
      return addedAtByKey.delete(keyOf(message));
    },
  };
}

/** Every delivery of one attempt has the same key; one that was held in between is another. */
function keyOf({ id, attempt, heldMs }: JobMessage): string {
  return `${id} ${attempt} ${heldMs}`;
}
