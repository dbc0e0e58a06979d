import {
  type ChangeFeed,
  type Clock,
  type FeedReport,
  type JobReader,
  type JobState,
  type JobSummary,
  matchesFilter,
  mayMatchFilter,
} from '@leveret/core';
import { parseFilter } from '@leveret/http-contract/filter';
import { toJobSummaryView } from '../resources/jobs/job-view.ts';
import type { Follower } from './follower.ts';
import { toGapText, toHeartbeatText, toMessageText } from './server-sent-events.ts';

/** More jobs than this that were changed between two reports are not named one by one: followers read their lists again. */
const MAX_NAMED_JOBS = 250;
/** How often followers are asked to read their lists again while so much happens, in milliseconds. */
const GAP_EVERY_MS = 1_000;
/** States that are remembered to tell whether counts may have changed. */
const MAX_STATES = 5_000;

/** Streams of lists: which jobs were changed that a filter selects. */
export interface ListStreams {
  /**
   * From the next report on, `follower` is sent what happens to the jobs of `filter`. It is first sent what happened after change number `after`, or
   * without one a gap: then it reads its list.
   * @throws {LeveretError} `FILTER_INVALID`.
   */
  join(follower: Follower, filter: string, after: number | undefined): void;
  /** Sends what was changed. Never rejects: what cannot be read is a gap. */
  onReport(report: FeedReport): Promise<void>;
}

/** What the streams work with. */
export interface ListStreamsOptions {
  readonly reader: Pick<JobReader, 'summaries'>;
  readonly feed: Pick<ChangeFeed, 'since'>;
  readonly clock: Clock;
}

interface Joining {
  readonly follower: Follower;
  readonly filter: string;
  readonly after: number | undefined;
}

/** Creates them. What is sent to all followers of a filter is made once. */
export function createListStreams({ reader, feed, clock }: ListStreamsOptions): ListStreams {
  const followersByFilter = new Map<string, Set<Follower>>();
  const batches = createBatches(reader);
  let joining = new Set<Joining>();
  let isGapDue = false;
  let gapAt = Number.NEGATIVE_INFINITY;

  async function readBatch({ jobIds, isGap }: FeedReport): Promise<Batch | undefined> {
    if (isGap || jobIds.length > MAX_NAMED_JOBS) return undefined;
    return await batches.read(jobIds).catch(() => undefined);
  }

  async function sendChanges(report: FeedReport): Promise<void> {
    if (followersByFilter.size === 0) return;
    const batch = isGapDue ? undefined : await readBatch(report);
    isGapDue = batch === undefined;
    if (batch !== undefined) {
      for (const [filter, followers] of followersByFilter)
        sendTo(followers, toChangesText(batch, filter, { id: report.number, now: clock.now() }));
    } else if (clock.monotonic() - gapAt >= GAP_EVERY_MS) {
      isGapDue = false;
      gapAt = clock.monotonic();
      for (const followers of followersByFilter.values()) sendTo(followers, toGapText(report.number));
    }
  }

  /** Sends what followers have missed that were here before. Those that missed the same are read for once. */
  async function admit(joined: readonly Joining[], { number }: FeedReport): Promise<void> {
    const missed = new Map<number, Promise<{ readonly batch: Batch | undefined; readonly id: number }>>();
    async function readMissed(after: number) {
      const report = await feed.since(after);
      return { batch: await readBatch(report), id: report.number };
    }
    for (const { follower, filter, after } of joined) {
      if (after === undefined) follower.send(toGapText(number));
      else {
        const reading =
          missed.get(after) ?? readMissed(after).catch(() => ({ batch: undefined, id: number }));
        missed.set(after, reading);
        const { batch, id } = await reading;
        const text =
          batch === undefined ? toGapText(id) : toChangesText(batch, filter, { id, now: clock.now() });
        follower.send(text ?? toHeartbeatText(id));
      }
      enter(follower, filter);
    }
  }

  function enter(follower: Follower, filter: string): void {
    const followers = followersByFilter.get(filter) ?? new Set();
    followersByFilter.set(filter, followers.add(follower));
    follower.onGone(() => {
      followers.delete(follower);
      if (followers.size === 0 && followersByFilter.get(filter) === followers)
        followersByFilter.delete(filter);
    });
  }

  return {
    join(follower, filter, after) {
      const one = { follower, filter: filter.trim(), after };
      joining.add(one);
      follower.onGone(() => joining.delete(one));
    },
    async onReport(report) {
      const joined = [...joining];
      joining = new Set();
      await sendChanges(report);
      await admit(joined, report);
    },
  };
}

/** Jobs that were changed, as they are now. */
interface Batch {
  readonly jobs: readonly { readonly job: JobSummary; readonly text: string; readonly isMoved: boolean }[];
  /** Ids of jobs that are not there any more. */
  readonly deleted: readonly string[];
}

/** Reads jobs that were changed. It remembers their states, to tell which have moved. */
function createBatches(reader: Pick<JobReader, 'summaries'>) {
  const states = new Map<string, JobState>();

  function isMoved({ id, state }: JobSummary): boolean {
    const hasMoved = states.get(id) !== state;
    // The one that was met last is the last to be forgotten.
    states.delete(id);
    states.set(id, state);
    return hasMoved;
  }

  return {
    async read(ids: readonly string[]): Promise<Batch> {
      const found = ids.length === 0 ? [] : await reader.summaries(ids);
      const there = new Set(found.map(({ id }) => id));
      const jobs = found.map((job) => ({
        job,
        text: JSON.stringify(toJobSummaryView(job)),
        isMoved: isMoved(job),
      }));
      for (const id of states.keys()) if (states.size > MAX_STATES) states.delete(id);
      return { jobs, deleted: ids.filter((id) => !there.has(id)) };
    },
  };
}

/** What followers of a filter are sent; undefined for nothing. */
function toChangesText(
  { jobs, deleted }: Batch,
  filterText: string,
  { id, now }: { readonly id: number; readonly now: number },
): string | undefined {
  if (jobs.length + deleted.length === 0) return undefined;
  // Read anew each time: ages are counted from now.
  const filter = parseFilter(filterText, now);
  const changed: string[] = [];
  const gone = [...deleted];
  let counts = deleted.length > 0;
  for (const { job, text, isMoved } of jobs) {
    if (!mayMatchFilter(job, filter)) continue;
    if (matchesFilter(job, filter)) changed.push(text);
    else gone.push(job.id);
    counts ||= isMoved;
  }
  if (changed.length + gone.length === 0) return undefined;
  // Each job is made to text once, for all filters.
  const data = `{"changed":[${changed.join(',')}],"gone":${JSON.stringify(gone)},"counts":${counts}}`;
  return toMessageText({ event: 'jobs', data, id });
}

function sendTo(followers: ReadonlySet<Follower>, text: string | undefined): void {
  if (text === undefined) return;
  for (const follower of followers) follower.send(text);
}
