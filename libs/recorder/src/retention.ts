import { type Clock, type JobStore, type Logger, messageOf, type RetentionRule, sleep } from '@leveret/core';

/** Time between two searches for what is to be deleted, in milliseconds. */
const EVERY_MS = 60_000;
/** Most jobs that are deleted at a time: a few milliseconds of the ledger. */
const BATCH_JOBS = 100;
/** Most jobs of operations, and most entries of the audit, that are deleted at a time: likewise. */
const BATCH_ACTIONS = 500;
/** Most groups of failures that are looked at at a time: likewise. */
const BATCH_GROUPS = 100;
/** The pause after a batch is so many times as long as the batch took, so that nine tenths of the ledger's time are left to others. */
const PAUSE_FACTOR = 9;
/** The shortest pause, in milliseconds. */
const MIN_PAUSE_MS = 20;

/** What retention works with. */
export interface RetentionOptions {
  readonly store: Pick<JobStore, 'retention'>;
  /** Called until it resolves with true, before anything is deleted. */
  readonly prepare: () => Promise<boolean>;
  readonly rules: readonly RetentionRule[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Deletes finished jobs, operations, entries of the audit and groups of failures whose time is over: at the start and every minute, batch by batch. Several processes may do the same at the same
 * time. Resolves when it has ended; never rejects.
 */
export async function startRetention({
  store,
  prepare,
  rules,
  clock,
  logger,
  signal,
}: RetentionOptions): Promise<void> {
  let isPrepared = false;
  let jobCount = 0;
  let actionCount = 0;
  let groupCount = 0;
  while (!signal.aborted) {
    let pauseMs = EVERY_MS;
    try {
      isPrepared ||= await prepare();
      if (!isPrepared) continue;
      const since = clock.monotonic();
      const now = clock.now();
      const jobs = await store.retention.deleteFinished({ rules, now, limit: BATCH_JOBS });
      jobCount += jobs.deletedCount;
      const actions = await store.retention.deleteOldActions({ now, limit: BATCH_ACTIONS });
      actionCount += actions.deletedCount;
      const groups = await store.retention.deleteOldGroups({ now, limit: BATCH_GROUPS });
      groupCount += groups.deletedCount;
      if (jobs.isMore || actions.isMore || groups.isMore)
        pauseMs = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (clock.monotonic() - since));
    } catch (error) {
      if (!signal.aborted)
        logger.warn(
          { error: messageOf(error) },
          'cannot delete what the ledger no longer keeps: will try again',
        );
    }
    if (pauseMs === EVERY_MS) {
      if (jobCount > 0) logger.info({ jobCount }, 'deleted jobs whose time is over');
      if (actionCount > 0) logger.info({ actionCount }, 'deleted what operators did long ago');
      if (groupCount > 0) logger.info({ groupCount }, 'deleted groups of failures without jobs');
      jobCount = 0;
      actionCount = 0;
      groupCount = 0;
    }
    await sleep(clock, pauseMs, signal);
  }
}
