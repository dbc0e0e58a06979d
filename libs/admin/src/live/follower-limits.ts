import { LeveretError } from '@leveret/core';
import type { Principal } from '../access/principal.ts';

/** How many live streams of one process may be open at the same time. */
export interface FollowerLimits {
  readonly perProcess: number;
  /** Of one account, API key or person of a host application: others find room beside it. */
  readonly perPrincipal: number;
}

/** 1,000 streams need 8 MB and a twentieth of a processor. A page has three at most. */
export const FOLLOWER_LIMITS: FollowerLimits = { perProcess: 2_000, perPrincipal: 1_000 };

/** When a client that has too many streams may try again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Counts the streams that are open. */
export interface FollowerCount {
  /**
   * Counts one more. Returns how to count it no longer.
   * @throws {LeveretError} `STREAMS_LIMITED` when the principal has too many, `STREAMS_EXHAUSTED` when the process has.
   */
  add(principal: Principal): () => void;
}

/** Creates it. */
export function createFollowerCount({ perProcess, perPrincipal }: FollowerLimits): FollowerCount {
  const counts = new Map<string, number>();
  let total = 0;

  return {
    add({ name }) {
      const own = counts.get(name) ?? 0;
      if (own >= perPrincipal)
        throw new LeveretError('STREAMS_LIMITED', `${name} has ${own} live streams open`, {
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        });
      if (total >= perProcess) throw new LeveretError('STREAMS_EXHAUSTED', `${total} live streams are open`);
      counts.set(name, own + 1);
      total += 1;
      return () => {
        total -= 1;
        const left = (counts.get(name) ?? 0) - 1;
        if (left > 0) counts.set(name, left);
        else counts.delete(name);
      };
    },
  };
}
