import type { ChangeFeed, Clock, JobReader, Logger } from '@leveret/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GuardOptions } from '../access/guard.ts';
import type { Overview } from '../overview/overview.ts';
import type { Follower } from './follower.ts';
import { FOLLOWER_LIMITS } from './follower-limits.ts';
import { createFollowers } from './followers.ts';
import { createJobStreams } from './job-streams.ts';
import { createListStreams } from './list-streams.ts';
import { createOverviewStream } from './overview-stream.ts';

/** What live streams work with. */
export interface LiveOptions {
  readonly reader: Pick<JobReader, 'get' | 'lag' | 'list' | 'summaries'>;
  readonly feed: ChangeFeed;
  readonly overview: Overview;
  readonly access: GuardOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Answers requests with streams of server-sent events. */
export interface Live {
  followOverview(request: FastifyRequest, reply: FastifyReply): void;
  followJob(request: FastifyRequest, reply: FastifyReply, jobId: string): void;
  followList(request: FastifyRequest, reply: FastifyReply, list: FollowedList): void;
  /** Ends all streams, so that the server can close. */
  close(): void;
}

/** A list that is followed. */
export interface FollowedList {
  /** A valid filter. */
  readonly filter: string;
  /** The change number up to which the client knows everything; undefined when it knows nothing yet. */
  readonly after: number | undefined;
}

/** Creates it. The ledger is read only while there are followers, and once for all of them. */
export function createLive({ reader, feed, overview, access, clock, logger }: LiveOptions): Live {
  let number: number | undefined;
  const newest = () => number;
  const followers = createFollowers({ access, limits: FOLLOWER_LIMITS, newest, clock, logger });
  const lists = createListStreams({ reader, feed, clock });
  const jobs = createJobStreams(reader);
  const overviewStream = createOverviewStream({ overview, newest, clock, logger });
  let followerCount = 0;
  let unfollow: (() => void) | undefined;

  function open(request: FastifyRequest, reply: FastifyReply): Follower {
    const follower = followers.open(request, reply);
    followerCount += 1;
    unfollow ??= feed.follow(async (report) => {
      await Promise.all([lists.onReport(report), jobs.onReport(report)]);
      // Only now: a heartbeat must not name what was not sent.
      number = report.number;
    });
    follower.onGone(() => {
      followerCount -= 1;
      if (followerCount > 0) return;
      unfollow?.();
      unfollow = undefined;
    });
    return follower;
  }

  return {
    followOverview: (request, reply) => overviewStream.join(open(request, reply)),
    followJob: (request, reply, jobId) => jobs.join(open(request, reply), jobId),
    followList: (request, reply, { filter, after }) => lists.join(open(request, reply), filter, after),
    close: followers.close,
  };
}
