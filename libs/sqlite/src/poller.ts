import { type Cancel, type Clock, type Logger, messageOf } from '@leveret/core';
import type { SqliteDatabase } from './database.ts';
import type { PollReport } from './operations/operations.ts';

/** How often the file is looked at without a ring, in milliseconds: dead processes are found by this alone. */
const POLL_EVERY_MS = 200;
/** Rings closer together than this, in milliseconds, are answered by one look. */
const GATHER_MS = 2;

/** What a consumer or a listener waits for. */
export interface Interest {
  /** The queue to look at, if it is one. */
  readonly queue?: string;
  /** The queue whose dead letters to look at, if it is one. */
  readonly deadQueue?: string;
  /** Whether what was found is something to do. */
  readonly isDue: (found: PollReport) => boolean;
  readonly onWork: () => void;
}

/** Looks at the file for all consumers of this process together, and takes back what dead processes held. */
export interface Poller {
  /** Begins to look for `interest`; returns how to stop. */
  add(interest: Interest): () => void;
  close(): void;
}

/** Creates a poller. It looks only while there are interests. */
export function createPoller(database: SqliteDatabase, clock: Clock, logger: Logger): Poller {
  const interests = new Set<Interest>();
  let planned: { readonly at: number; readonly cancel: Cancel } | undefined;
  let looking = false;
  let rungMeanwhile = false;
  let stopped = false;

  async function look(): Promise<void> {
    const namesOf = (part: 'queue' | 'deadQueue') => [
      ...new Set([...interests].flatMap(({ [part]: name }) => (name === undefined ? [] : [name]))),
    ];
    const learnAhead = database.time.ask(clock);
    const now = database.time.now(clock);
    const report = await database.call('poll', namesOf('queue'), namesOf('deadQueue'), now);
    learnAhead(report.aheadMs);
    if (report.gone.length > 0) {
      await database.call('retireGone', report.gone);
      logger.warn({ claimants: report.gone }, 'took back what processes held that are gone');
    }
    const all = report.gone.length > 0;
    for (const { isDue, onWork } of interests) {
      if (all || isDue(report)) onWork();
    }
  }

  /** The earlier of two plans holds: rings without end put nothing off. */
  function plan(delayMs: number): void {
    const at = clock.monotonic() + delayMs;
    if (looking || stopped || interests.size === 0 || (planned !== undefined && planned.at <= at)) return;
    planned?.cancel();
    planned = { at, cancel: clock.schedule(delayMs, run) };
  }

  function run(): void {
    planned = undefined;
    looking = true;
    rungMeanwhile = false;
    look()
      .catch((error: unknown) => {
        if (!stopped) logger.warn({ error: messageOf(error) }, 'cannot look for work: will try again');
      })
      .finally(() => {
        looking = false;
        plan(rungMeanwhile ? GATHER_MS : POLL_EVERY_MS);
      });
  }

  const unwatch = database.onRing(() => {
    rungMeanwhile = true;
    plan(GATHER_MS);
  });

  return {
    add(interest) {
      interests.add(interest);
      plan(0);
      return () => {
        interests.delete(interest);
        if (interests.size > 0) return;
        planned?.cancel();
        planned = undefined;
      };
    },
    close() {
      stopped = true;
      unwatch();
      planned?.cancel();
    },
  };
}
