import { type Clock, type Logger, messageOf, sleep } from '@leveret/core';
import type { Overview } from '../overview/overview.ts';
import type { Follower } from './follower.ts';
import { toMessageText } from './server-sent-events.ts';

/** How often the overview is made while it has followers, in milliseconds. */
const EVERY_MS = 1_000;

/** The stream of the overview: all of it, whenever it differs from what was sent before. */
export interface OverviewStream {
  /** `follower` is sent the overview within a second, and whenever it has changed. */
  join(follower: Follower): void;
}

/** What the stream works with. */
export interface OverviewStreamOptions {
  readonly overview: Overview;
  /** The newest change number that is known. */
  readonly newest: () => number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates it. It is made once for all followers. */
export function createOverviewStream(options: OverviewStreamOptions): OverviewStream {
  const { overview, newest, clock, logger } = options;
  const followers = new Set<Follower>();
  const joining = new Set<Follower>();
  let isRunning = false;
  let sent = '';

  async function send(): Promise<void> {
    const joined = [...joining];
    joining.clear();
    const view = await overview.current();
    const content = JSON.stringify({ ...view, at: '' });
    const text = toMessageText({ event: 'overview', data: JSON.stringify(view), id: newest() });
    for (const follower of content === sent ? joined : followers) follower.send(text);
    sent = content;
  }

  async function run(): Promise<void> {
    isRunning = true;
    while (followers.size > 0) {
      await send().catch((error: unknown) =>
        logger.error({ error: messageOf(error) }, 'the overview cannot be sent to its followers'),
      );
      await sleep(clock, EVERY_MS);
    }
    isRunning = false;
  }

  return {
    join(follower) {
      followers.add(follower);
      joining.add(follower);
      follower.onGone(() => {
        followers.delete(follower);
        joining.delete(follower);
      });
      if (!isRunning) run().catch(() => undefined);
    },
  };
}
