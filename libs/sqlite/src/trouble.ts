import type { Cancel, Clock } from '@leveret/core';

/** How often it is tried whether a file in trouble can be written again, in milliseconds. */
const PROBE_EVERY_MS = 1_000;

/** Whether a file can be used, as far as is known. */
export interface Trouble {
  /** Why it cannot, or undefined. */
  reason(): string | undefined;
  /** Takes news: why it cannot be used, or undefined when it was. */
  learn(reason: string | undefined): void;
  /** Tries no more. */
  close(): void;
}

/**
 * Remembers what is wrong with a file. While something is, it calls `probe` every second, so that a process that has nothing
 * to write learns all the same that it could.
 */
export function createTrouble(clock: Clock, probe: () => void): Trouble {
  let trouble: string | undefined;
  let cancel: Cancel | undefined;
  let closed = false;

  function plan(): void {
    if (closed || trouble === undefined) return;
    cancel ??= clock.schedule(PROBE_EVERY_MS, () => {
      cancel = undefined;
      if (trouble === undefined) return;
      probe();
      plan();
    });
  }

  return {
    reason: () => trouble,
    learn(reason) {
      trouble = reason;
      plan();
    },
    close() {
      closed = true;
      cancel?.();
    },
  };
}
