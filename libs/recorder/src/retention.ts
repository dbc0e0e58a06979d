import { type Clock, type JobStore, type Logger, messageOf, type RetentionRule, sleep } from '@leveret/core';

/** Time between two searches for jobs whose time is over, in milliseconds. */
const EVERY_MS = 60_000;
/** Most jobs that are deleted at a time: a few milliseconds of the ledger. */
const BATCH_JOBS = 100;
/** The pause after a batch is so many times as long as the batch took, so that nine tenths of the ledger's time are left to others. */
const PAUSE_FACTOR = 9;
/** The shortest pause, in milliseconds. */
const MIN_PAUSE_MS = 20;

/** What retention works with. */
export interface RetentionOptions {
  readonly store: Pick<JobStore, 'retention'>;
  readonly rules: readonly RetentionRule[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Deletes finished jobs whose time is over: at the start and every minute, batch by batch. Several processes may do the same at the same
 * time. Resolves when it has ended; never rejects.
 */
export async function startRetention({
  store,
  rules,
  clock,
  logger,
  signal,
}: RetentionOptions): Promise<void> {
  let jobCount = 0;
  while (!signal.aborted) {
    let pauseMs = EVERY_MS;
    try {
      const since = clock.monotonic();
      const request = { rules, now: clock.now(), limit: BATCH_JOBS };
      const { deletedCount, isMore } = await store.retention.deleteFinished(request);
      jobCount += deletedCount;
      if (isMore) pauseMs = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (clock.monotonic() - since));
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ error: messageOf(error) }, 'cannot delete jobs whose time is over: will try again');
    }
    if (pauseMs === EVERY_MS && jobCount > 0) {
      logger.info({ jobCount }, 'deleted jobs whose time is over');
      jobCount = 0;
    }
    await sleep(clock, pauseMs, signal);
  }
}
