import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors/errors.ts';
import type { Logger } from '../logging/logger.ts';
import { type ActivityReader, MAX_JOB_CHANGES } from './activity-reader.ts';

/** How often a feed reads which jobs were changed, in milliseconds. */
export const FEED_EVERY_MS = 250;
/** How long it waits when the ledger cannot be read, in milliseconds. */
const RETRY_MS = 1_000;
/** Most changed jobs of one report, to the size of an answer of the ledger. */
const MAX_REPORTED = 10_000;

/** Which jobs were changed since the report before. */
export interface FeedReport {
  /** Each job once. One that is not there any more was deleted. */
  readonly jobIds: readonly string[];
  /** The number of the newest change that was reported. */
  readonly number: number;
  /** Changes may be missing, as in the first report to a follower: read anew what is shown. `jobIds` is then empty. */
  readonly isGap: boolean;
}

/** Called with each report. The next report is read when it has resolved; what it throws is logged. */
export type OnReport = (report: FeedReport) => void | Promise<void>;

/** Reports which jobs of a ledger are changed. One feed serves a whole process. */
export interface ChangeFeed {
  /**
   * Reports to `onReport` from now on, about every {@link FEED_EVERY_MS}, also when nothing was changed. The first report
   * is a gap: later reports complete what a caller reads after it. While the ledger cannot be read, the feed reports nothing.
   * @returns Ends it. Safe to call twice.
   */
  follow(onReport: OnReport): () => void;
  /**
   * The jobs that were changed after change number `number`, at most {@link MAX_JOB_CHANGES}: when there are more it is a gap.
   * @throws {LeveretError} `STORE_UNAVAILABLE`.
   */
  since(number: number): Promise<FeedReport>;
}

/** What a feed works with. */
export interface ChangeFeedOptions {
  readonly activity: Pick<ActivityReader, 'changes'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Follower {
  readonly onReport: OnReport;
  isNew: boolean;
}

/** Creates a feed. It reads the ledger only while there are followers. */
export function createChangeFeed({ activity, clock, logger }: ChangeFeedOptions): ChangeFeed {
  const followers = new Set<Follower>();
  /** Of the newest change that was reported. 0 is a gap in every ledger. */
  let position = 0;
  let isRunning = false;
  let isAway = false;

  async function read(after: number, most: number): Promise<FeedReport & { readonly isComplete: boolean }> {
    const jobIds = new Set<string>();
    for (let number = after; ; ) {
      const { changes, newest, isGap } = await activity.changes(number, MAX_JOB_CHANGES);
      if (isGap) return { jobIds: [], number: newest, isGap, isComplete: true };
      for (const { jobId } of changes) jobIds.add(jobId);
      number = changes.at(-1)?.number ?? newest;
      const isComplete = number >= newest;
      if (isComplete || jobIds.size >= most) return { jobIds: [...jobIds], number, isGap, isComplete };
    }
  }

  async function reportTo(follower: Follower, report: FeedReport): Promise<void> {
    const { number } = report;
    const given = follower.isNew ? { jobIds: [], number, isGap: true } : report;
    follower.isNew = false;
    try {
      await follower.onReport(given);
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'a follower of changes has failed');
    }
  }

  /** Reports what is new; resolves with how long to wait before the next report. */
  async function report(): Promise<number> {
    // A later follower has not seen this report: its first one is the next.
    const present = [...followers];
    try {
      const { isComplete, ...changes } = await read(position, MAX_REPORTED);
      position = changes.number;
      isAway = false;
      await Promise.all(present.filter((one) => followers.has(one)).map((one) => reportTo(one, changes)));
      return isComplete ? FEED_EVERY_MS : 0;
    } catch (error) {
      if (!isAway) logger.warn({ error: messageOf(error) }, 'cannot read which jobs were changed');
      isAway = true;
      return RETRY_MS;
    }
  }

  async function run(): Promise<void> {
    isRunning = true;
    position = 0;
    while (followers.size > 0) await sleep(clock, await report());
    isRunning = false;
  }

  return {
    follow(onReport) {
      const follower = { onReport, isNew: true };
      followers.add(follower);
      if (!isRunning)
        run().catch((error: unknown) =>
          logger.error({ error: messageOf(error) }, 'the feed of changes has ended'),
        );
      return () => {
        followers.delete(follower);
      };
    },
    async since(number) {
      const { isComplete, ...report } = await read(number, MAX_JOB_CHANGES);
      return isComplete ? report : { jobIds: [], number: report.number, isGap: true };
    },
  };
}
