import { type Cancel, type Clock, type LogFields, type Logger, messageOf } from '@leveret/core';

/** Pause after a look that failed, in milliseconds. */
const RETRY_MS = 100;

/** Takes what there is whenever it is told to look, one look at a time. */
export interface Looks {
  /** Looks now, or once more after the look under way. Does nothing once stopped. */
  look(): void;
  /** No look begins any more; resolves when the one under way has ended. Never rejects. */
  stop(): Promise<void>;
}

/** How it is looked. */
export interface LooksOptions {
  /** Takes all that there is, until stopped. When it rejects, that is logged, and it is called again soon. */
  readonly take: (isStopped: () => boolean) => Promise<void>;
  /** Logged with `fields` when a look failed. */
  readonly failedWords: string;
  readonly fields?: LogFields;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates it; nothing is looked for yet. */
export function createLooks({ take, failedWords, fields, clock, logger }: LooksOptions): Looks {
  let taking: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;
  let cancelRetry: Cancel | undefined;

  async function takeAll(): Promise<void> {
    lookAgain = false;
    await take(() => stopped);
  }

  function look(): void {
    if (stopped) return;
    lookAgain = true;
    taking ??= takeAll().then(
      () => {
        taking = undefined;
        if (lookAgain) look();
      },
      (error: unknown) => {
        taking = undefined;
        if (stopped) return;
        logger.warn({ ...fields, error: messageOf(error) }, failedWords);
        cancelRetry?.();
        cancelRetry = clock.schedule(RETRY_MS, look);
      },
    );
  }

  return {
    look,
    async stop() {
      stopped = true;
      cancelRetry?.();
      await taking;
    },
  };
}
