import type { Clock } from '@leveret/core';

/** Requests in a row that are not answered before the whole connection is given up. */
const MAX_UNANSWERED = 2;

/** What the channels of a connection tell of it. */
export interface Link {
  /** What was asked on a channel was answered. That a channel could be opened shows nothing: queues are asked on channels. */
  noteAnswer(): void;
  /**
   * A request that was sent at `askedAt`, by the monotonic clock, was not answered in time. The second one in a row ends the
   * connection; of those that were on their way at the same time, to the lanes of one queue, say, the first one counts.
   */
  noteSilence(why: string, askedAt: number): void;
  /** Ends the connection. */
  giveUp(why: string): void;
}

/** Creates a link. A channel that says nothing may be at fault alone; two of them have their connection in common. */
export function createLink(clock: Clock, giveUp: (why: string) => void): Link {
  let unansweredCount = 0;
  let silentAt = Number.NEGATIVE_INFINITY;
  return {
    noteAnswer() {
      unansweredCount = 0;
    },
    noteSilence(why, askedAt) {
      if (askedAt < silentAt) return;
      silentAt = clock.monotonic();
      unansweredCount += 1;
      if (unansweredCount >= MAX_UNANSWERED) giveUp(why);
    },
    giveUp,
  };
}
