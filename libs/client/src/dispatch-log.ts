import { type Cancel, type Clock, type JobStore, type Logger, messageOf } from '@leveret/core';

/** How long ids are gathered before they are noted together, in milliseconds. */
const GATHER_MS = 50;
/** Most ids noted in one call. */
const BATCH_SIZE = 500;
/** Ids beyond this are dropped while the ledger is away: the relay then sends their jobs once more, which is harmless. */
const MAX_PENDING = 50_000;

interface DispatchLogOptions {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Notes in the ledger, in batches and in its own time, which jobs the broker has. */
export interface DispatchLog {
  /** Takes ids to note. Never waits and never fails. */
  add(ids: readonly string[]): void;
  /** Tries once more to note what is pending, then stops. */
  close(): Promise<void>;
}

/** Creates a dispatch log. A note that fails is not repeated: the job is sent twice then, an ordinary redelivery. */
export function createDispatchLog({ store, clock, logger }: DispatchLogOptions): DispatchLog {
  let pending: string[] = [];
  let cancel: Cancel | undefined;
  let flushing = Promise.resolve();

  async function flush(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending.splice(0, BATCH_SIZE);
      try {
        await store.markDispatched(batch);
      } catch (error) {
        logger.warn(
          { jobCount: batch.length, error: messageOf(error) },
          'cannot note dispatched jobs: they will be sent again',
        );
        return;
      }
    }
  }

  function startFlush(): Promise<void> {
    cancel = undefined;
    flushing = flushing.then(flush);
    return flushing;
  }

  return {
    add(ids) {
      if (pending.length >= MAX_PENDING) return;
      pending.push(...ids);
      cancel ??= clock.schedule(GATHER_MS, startFlush);
    },
    async close() {
      cancel?.();
      await startFlush();
      pending = [];
    },
  };
}
