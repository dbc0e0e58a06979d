import { type Broker, type Clock, type JobStore, type Logger, messageOf, sleep } from '@leveret/core';
import type { DispatchLog } from './dispatch-log.ts';

/** How often the relay looks, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** A job that the broker does not have after this long, in milliseconds, is sent again. */
const OVERDUE_MS = 15_000;
/** Right after the broker came back, jobs this old are sent again, in milliseconds: younger ones are still on their way. */
const OVERDUE_AFTER_OUTAGE_MS = 2_500;
/** Nobody else sends a claimed job again for this long, in milliseconds. */
const LEASE_MS = 30_000;
/** Most jobs sent again in one go. */
const BATCH_SIZE = 200;

interface RelayOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly dispatchLog: DispatchLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A relay at work. */
export interface Relay {
  /** Resolves when it has stopped. */
  stop(): Promise<void>;
}

/**
 * Sends to the broker what only the ledger has: jobs accepted while the broker was away, or by a process that died before
 * the broker had confirmed. They keep their ids, so a job that the broker had after all is an ordinary redelivery.
 */
export function startRelay({ broker, store, dispatchLog, clock, logger }: RelayOptions): Relay {
  const stopping = new AbortController();

  async function sendOverdue(olderThanMs: number): Promise<void> {
    for (;;) {
      const overdue = await store.claimUndispatched({ olderThanMs, limit: BATCH_SIZE, leaseMs: LEASE_MS });
      if (overdue.length === 0) return;
      await broker.publish(overdue);
      dispatchLog.add(overdue.map(({ message }) => message.id));
      logger.info({ jobCount: overdue.length }, 'sent jobs on that the broker had missed');
      if (overdue.length < BATCH_SIZE || stopping.signal.aborted) return;
    }
  }

  async function run(): Promise<void> {
    let wasUp = broker.status().state === 'up';
    while (!stopping.signal.aborted) {
      await sleep(clock, LOOK_EVERY_MS, stopping.signal);
      const isUp = broker.status().state === 'up';
      const cameBack = isUp && !wasUp;
      wasUp = isUp;
      if (!isUp || stopping.signal.aborted) continue;
      try {
        await sendOverdue(cameBack ? OVERDUE_AFTER_OUTAGE_MS : OVERDUE_MS);
      } catch (error) {
        logger.warn(
          { error: messageOf(error) },
          'cannot send on jobs that the broker missed: will try again',
        );
      }
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
