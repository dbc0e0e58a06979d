import type { Cancel, Clock, Logger } from '@leveret/core';

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

/** Whether there is room for new jobs, as far as is known. */
export interface Shortage {
  /** Why there is none, or undefined. */
  reason(): string | undefined;
  /** Takes news: why there is none, or undefined when there is. */
  learn(reason: string | undefined): void;
}

/** Remembers whether there is room for new jobs, and logs when that changes. */
export function createShortage(file: string, logger: Logger): Shortage {
  let shortage: string | undefined;
  return {
    reason: () => shortage,
    learn(reason) {
      if (reason !== undefined) logger.warn({ file, reason }, 'new jobs are refused');
      else if (shortage !== undefined) logger.info({ file }, 'new jobs are stored again');
      shortage = reason;
    },
  };
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
