import { type Cancel, type Clock, type Logger, messageOf } from '@leveret/core';
import type { SqliteDatabase } from './database.ts';

/** How often the file is looked at when nobody rings, in milliseconds. */
const POLL_EVERY_MS = 100;
/** Rings closer together than this, in milliseconds, are answered by one look. */
const GATHER_MS = 2;

/** Somebody who wants to know when there is something to do. */
export interface Interest {
  /** The queue that is consumed; absent for events. */
  readonly queue?: string;
  readonly onWork: () => void;
}

/** Looks at the file for all consumers of this process together, and takes back what dead processes held. */
export interface Poller {
  /** Begins to look for `interest`; returns how to stop. */
  add(interest: Interest): () => void;
  close(): void;
}

/** Creates a poller. It looks only while somebody is interested. */
export function createPoller(database: SqliteDatabase, clock: Clock, logger: Logger): Poller {
  const interests = new Set<Interest>();
  let cancel: Cancel | undefined;
  let looking = false;
  let stopped = false;

  async function look(): Promise<void> {
    const queues = [...new Set([...interests].flatMap(({ queue }) => (queue === undefined ? [] : [queue])))];
    const report = await database.call('poll', queues, clock.now());
    if (report.gone.length > 0) {
      logger.warn({ claimants: report.gone }, 'took back what processes held that are gone');
      await database.call('retireGone', report.gone);
    }
    const all = report.gone.length > 0;
    for (const { queue, onWork } of interests) {
      if (all || (queue === undefined ? report.hasEvents : report.queues.includes(queue))) onWork();
    }
  }

  function plan(delayMs: number): void {
    cancel?.();
    cancel = interests.size === 0 || stopped ? undefined : clock.schedule(delayMs, run);
  }

  function run(): void {
    if (looking) return;
    looking = true;
    const next = () => {
      looking = false;
      plan(POLL_EVERY_MS);
    };
    look().then(next, (error: unknown) => {
      if (!stopped) logger.warn({ error: messageOf(error) }, 'cannot look for work: will try again');
      next();
    });
  }

  const unwatch = database.onRing(() => {
    if (!looking) plan(GATHER_MS);
  });

  return {
    add(interest) {
      interests.add(interest);
      if (!looking) plan(0);
      return () => {
        interests.delete(interest);
        if (interests.size === 0) plan(0);
      };
    },
    close() {
      stopped = true;
      unwatch();
      cancel?.();
    },
  };
}
