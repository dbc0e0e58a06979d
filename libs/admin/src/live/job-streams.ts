import type { FeedReport, JobReader } from '@leveret/core';
import { readJobDetails } from '../resources/jobs/job-view.ts';
import type { Follower } from './follower.ts';
import { toGapText, toMessageText } from './server-sent-events.ts';

/** Most jobs that are read after one report: those that were changed later wait for the next one. */
const MAX_READ_JOBS = 100;

/** Streams of single jobs: each job when it was changed. */
export interface JobStreams {
  /** From the next report on, `follower` is sent the job: as it is then, and whenever it was changed. */
  join(follower: Follower, jobId: string): void;
  /** Sends what was changed. A job that is not there any more is a gap, with which its streams end. @throws {LeveretError} `STORE_UNAVAILABLE`. */
  onReport(report: FeedReport): Promise<void>;
}

/** Creates them. Each job is read once for all its followers. */
export function createJobStreams(reader: Pick<JobReader, 'get' | 'list' | 'lag'>): JobStreams {
  const followersById = new Map<string, Set<Follower>>();
  /** Jobs that were changed, or have a new follower, since they were sent. */
  const changed = new Set<string>();

  function leave(jobId: string, followers: Set<Follower>, follower: Follower): void {
    followers.delete(follower);
    if (followers.size > 0 || followersById.get(jobId) !== followers) return;
    followersById.delete(jobId);
    changed.delete(jobId);
  }

  async function send(jobId: string, number: number): Promise<void> {
    const details = await readJobDetails(reader, jobId);
    changed.delete(jobId);
    const followers = [...(followersById.get(jobId) ?? [])];
    const text =
      details === undefined
        ? toGapText(number)
        : toMessageText({ event: 'job', data: JSON.stringify(details), id: number });
    for (const follower of followers) follower.send(text);
    if (details === undefined) for (const follower of followers) follower.end();
  }

  return {
    join(follower, jobId) {
      const followers = followersById.get(jobId) ?? new Set();
      followersById.set(jobId, followers.add(follower));
      changed.add(jobId);
      follower.onGone(() => leave(jobId, followers, follower));
    },
    async onReport({ jobIds, number, isGap }) {
      for (const jobId of isGap ? followersById.keys() : jobIds)
        if (followersById.has(jobId)) changed.add(jobId);
      await Promise.all([...changed].slice(0, MAX_READ_JOBS).map((jobId) => send(jobId, number)));
    },
  };
}
