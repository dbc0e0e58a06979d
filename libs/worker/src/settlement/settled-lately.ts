import type { Clock } from '@leveret/core';

/** Runs remembered; a power of two. */
const CAPACITY = 1_024;
/** How long one is remembered, in milliseconds: its outcome is on its way into the ledger. */
const KEEP_MS = 10_000;

/** Remembers which runs of a queue were settled lately. Noting one costs two writes: it is done for every job. */
export interface SettledLately {
  /** Of `runKey`. */
  note(key: string): void;
  has(jobId: string, attempt: number): boolean;
}

/** Creates a memory of the last thousand runs. */
export function createSettledLately(clock: Clock): SettledLately {
  const keys = new Array<string>(CAPACITY).fill('');
  const times = new Float64Array(CAPACITY);
  let count = 0;
  return {
    note(key) {
      const at = count & (CAPACITY - 1);
      keys[at] = key;
      times[at] = clock.monotonic();
      count += 1;
    },
    has(jobId, attempt) {
      const isIt = (key: string) =>
        (attempt === 1 && key === jobId) || key.startsWith(`${jobId} ${attempt} `);
      const since = clock.monotonic() - KEEP_MS;
      return keys.some((key, at) => isIt(key) && (times[at] ?? 0) >= since);
    },
  };
}
