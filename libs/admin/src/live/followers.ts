import {
  type Clock,
  LeveretError,
  type Logger,
  leveretCodeOf,
  messageOf,
  sleep,
  withDeadline,
} from '@leveret/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorize, type GuardOptions, principalOf } from '../access/guard.ts';
import { createFollower, type Follower } from './follower.ts';
import { createFollowerCount, type FollowerLimits } from './follower-limits.ts';
import { STREAM_HEAD, toHeartbeatText } from './server-sent-events.ts';

/** How often it is checked whether followers still may follow, in milliseconds. */
const CHECK_EVERY_MS = 7_500;
/** After so many checks a heartbeat is sent: every 15 s. */
const CHECKS_PER_HEARTBEAT = 2;

/** What followers are kept with. */
export interface FollowersOptions {
  readonly access: GuardOptions;
  readonly limits: FollowerLimits;
  /** The newest change number that is known. */
  readonly newest: () => number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All clients of this process that follow something. */
export interface Followers {
  /**
   * Answers a request with a stream, which ends when its principal may not follow any more, or with {@link close}.
   * @throws {LeveretError} `STREAMS_LIMITED`, `STREAMS_EXHAUSTED` when too many are open.
   */
  open(request: FastifyRequest, reply: FastifyReply): Follower;
  /** Ends all streams, so that the server can close. A stream that is opened later ends immediately. */
  close(): void;
}

interface Open {
  readonly follower: Follower;
  readonly request: FastifyRequest;
}

/** Creates it. Heartbeats and checks are made only while there are followers. */
export function createFollowers({ access, limits, newest, clock, logger }: FollowersOptions): Followers {
  const all = new Set<Open>();
  const count = createFollowerCount(limits);
  let isClosed = false;
  let isChecking = false;

  /** A principal that cannot be looked up, because the ledger is away, goes on. One that was ended wrongly comes back, and misses nothing. */
  async function check({ follower, request }: Open): Promise<void> {
    const late = () => new LeveretError('STORE_UNAVAILABLE', 'it is not known whether a follower may follow');
    try {
      await withDeadline(clock, CHECK_EVERY_MS, authorize(request, access), late);
    } catch (error) {
      if (leveretCodeOf(error) !== 'STORE_UNAVAILABLE') follower.end();
    }
  }

  async function run(): Promise<void> {
    isChecking = true;
    for (let round = 1; all.size > 0; round += 1) {
      await sleep(clock, CHECK_EVERY_MS);
      await Promise.all([...all].map(check));
      if (round % CHECKS_PER_HEARTBEAT !== 0) continue;
      const text = toHeartbeatText(newest());
      for (const { follower } of all) follower.send(text);
    }
    isChecking = false;
  }

  return {
    open(request, reply) {
      const uncount = count.add(principalOf(request));
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, { ...withoutUndefined(reply.getHeaders()), ...STREAM_HEADERS });
      const follower = createFollower(raw, clock);
      const open = { follower, request };
      all.add(open);
      follower.onGone(() => {
        all.delete(open);
        uncount();
      });
      follower.send(STREAM_HEAD);
      if (isClosed) follower.end();
      if (!isChecking)
        run().catch((error: unknown) =>
          logger.error({ error: messageOf(error) }, 'live streams are not checked any more'),
        );
      return follower;
    },
    close() {
      isClosed = true;
      for (const { follower } of all) follower.end();
    },
  };
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Says to nginx and its kin that what is sent is passed on as it comes.
  'x-accel-buffering': 'no',
};

function withoutUndefined(
  headers: ReturnType<FastifyReply['getHeaders']>,
): Record<string, number | string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    number | string | string[]
  >;
}
