import { type BlobStore, type Clock, type Logger, messageOf, sleep } from '@leveret/core';

/** How often it sweeps, in milliseconds. */
const SWEEP_EVERY_MS = 300_000;
/** What nobody has written to for so long, in milliseconds, belongs to no upload any more. */
const ABANDONED_MS = 600_000;
/** Where uploads lie until they are whole. */
const INCOMING = 'incoming/';

/** What a sweeper works with. */
export interface IncomingSweeperOptions {
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A sweeper at work. */
export interface IncomingSweeper {
  /** Resolves when it has stopped. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Deletes what uploads left behind that were never finished, such as those a process died over: at once, and then every
 * five minutes. So nothing of them is kept for over fifteen minutes.
 */
export function startIncomingSweeper({ blobs, clock, logger }: IncomingSweeperOptions): IncomingSweeper {
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const fileCount = await blobs.sweep(INCOMING, ABANDONED_MS);
        if (fileCount > 0) logger.info({ fileCount }, 'deleted what unfinished uploads left behind');
      } catch (error) {
        logger.warn(
          { error: messageOf(error) },
          'cannot delete what unfinished uploads left behind: will try again',
        );
      }
      await sleep(clock, SWEEP_EVERY_MS, stopping.signal);
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
