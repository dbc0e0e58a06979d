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
  /**
   * Whether nobody else takes uploads into this storage: then all that is there at the start was left behind.
   * Several processes on one storage leave each other's uploads alone.
   */
  readonly isAlone: boolean;
}

/** A sweeper at work. */
export interface IncomingSweeper {
  /** Resolves when it has stopped. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Deletes what uploads left behind that were never finished, such as those a process died over: at once, and then every
 * five minutes. So nothing of them is kept for over fifteen minutes, nor, by a process that is alone, over its start.
 * Resolves when the first time is over: to be awaited before uploads are taken.
 */
export async function startIncomingSweeper(options: IncomingSweeperOptions): Promise<IncomingSweeper> {
  const { blobs, clock, logger, isAlone } = options;
  const stopping = new AbortController();

  async function sweep(olderThanMs: number): Promise<void> {
    try {
      const fileCount = await blobs.sweep(INCOMING, olderThanMs);
      if (fileCount > 0) logger.info({ fileCount }, 'deleted what unfinished uploads left behind');
    } catch (error) {
      logger.warn(
        { error: messageOf(error) },
        'cannot delete what unfinished uploads left behind: will try again',
      );
    }
  }

  async function sweepAgain(): Promise<void> {
    for (;;) {
      await sleep(clock, SWEEP_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      await sweep(ABANDONED_MS);
    }
  }

  await sweep(isAlone ? 0 : ABANDONED_MS);
  const running = sweepAgain();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
