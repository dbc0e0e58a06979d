import { type Cancel, type Clock, type Logger, messageOf } from '@leveret/core';

/** How long ids are gathered before they are noted together, in milliseconds. */
const GATHER_MS = 50;
/** How long after a failure the ids are written again, in milliseconds. */
const RETRY_MS = 1_000;
/** Most ids noted in one call. */
const BATCH_SIZE = 500;
/** Ids beyond this are dropped while the ledger is away: the relay then sends their jobs once more, as copies. */
const MAX_PENDING = 50_000;

interface IdLogOptions {
  /** Notes ids in the ledger. */
  readonly note: (ids: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Records ids of jobs in the ledger, in batches and in the background. */
export interface IdLog {
  /** Takes ids to note. Never waits and never fails. */
  add(ids: readonly string[]): void;
  /** Tries once to note what is pending. Never rejects. */
  flush(): Promise<void>;
  /** Flushes, then stops: it takes no more. Safe to call twice. */
  close(): Promise<void>;
}

/** Creates a log of ids. */
export function createIdLog({ note, clock, logger }: IdLogOptions): IdLog {
  const pending: string[] = [];
  let cancel: Cancel | undefined;
  let flushing: Promise<void> | undefined;
  let isAway = false;
  let closed = false;

  async function flush(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending.slice(0, BATCH_SIZE);
      try {
        await note(batch);
        isAway = false;
      } catch (error) {
        if (!isAway)
          logger.warn(
            { error: messageOf(error) },
            'cannot record in the ledger which jobs were sent: will try again',
          );
        isAway = true;
        return;
      }
      pending.splice(0, batch.length);
    }
  }

  function startFlush(): Promise<void> {
    cancel?.();
    cancel = undefined;
    flushing ??= flush().then(() => {
      flushing = undefined;
      if (pending.length > 0) flushSoon();
    });
    return flushing;
  }

  function flushSoon(): void {
    if (closed || flushing !== undefined) return;
    cancel ??= clock.schedule(isAway ? RETRY_MS : GATHER_MS, startFlush);
  }

  return {
    add(ids) {
      if (closed) return;
      for (const id of ids) {
        if (pending.length >= MAX_PENDING) break;
        pending.push(id);
      }
      flushSoon();
    },
    async flush() {
      await flushing;
      if (pending.length > 0) await startFlush();
    },
    async close() {
      if (closed) return flushing;
      closed = true;
      await flushing;
      await startFlush();
      pending.length = 0;
    },
  };
}
