import type { JobMessage, Logger } from '@leveret/core';

/** What the slots of a queue are counted with. */
export interface StuckSlotsOptions {
  readonly queue: string;
  readonly concurrency: number;
  readonly logger: Logger;
  /** Called when half of the slots are held by handlers that ignore their abort signal, and again when all are. */
  readonly onUnhealthy: (reason: string) => void;
  /** Called when the last slot is lost. */
  readonly onAllStuck: () => void;
  /** Called when there is a slot again after that. */
  readonly onSlotAgain: () => void;
}

/** Counts the slots that are written off: their handlers ignore the abort signal. */
export interface StuckSlots {
  note(message: JobMessage): void;
  /** A handler has ended after all. */
  noteEnd(): void;
}

/** Creates the count of one queue. */
export function createStuckSlots(options: StuckSlotsOptions): StuckSlots {
  const { queue, concurrency, logger, onUnhealthy, onAllStuck, onSlotAgain } = options;
  let stuckCount = 0;

  return {
    note({ id: jobId, kind }) {
      stuckCount += 1;
      const isLast = stuckCount === concurrency;
      logger.error(
        { jobId, kind, queue, stuckCount },
        'a handler ignores its abort signal: its slot is written off until it ends',
      );
      if (isLast) {
        const reason = `all slots of queue "${queue}" are held by handlers that ignore their abort signal`;
        logger.error(
          { queue, concurrency },
          `${reason}: the worker consumes nothing more from it; restart it`,
        );
        onUnhealthy(reason);
        return onAllStuck();
      }
      if (stuckCount === Math.ceil(concurrency / 2))
        onUnhealthy(
          `half of the slots of queue "${queue}" are held by handlers that ignore their abort signal`,
        );
    },
    noteEnd() {
      stuckCount -= 1;
      if (stuckCount === concurrency - 1) onSlotAgain();
    },
  };
}
