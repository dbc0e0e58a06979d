import { type Clock, type JobEvent, LeveretError, type Logger, messageOf, sleep } from '@leveret/core';

/** Pauses after a batch that could not be recorded, in milliseconds: doubling from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;
/** How often an event that fails alone is tried before it is set aside. */
const TRIES = 3;

/** What writing works with. */
export interface EventWriterOptions {
  readonly onBatch: (events: readonly JobEvent[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Has events written, whatever is wrong with some of them. */
export interface EventWriter {
  /**
   * Writes a batch.
   * @returns The events that could not be written although others could; undefined when nothing could be written, and the
   *   batch has to be given again.
   */
  write(events: readonly JobEvent[]): Promise<readonly JobEvent[] | undefined>;
}

/**
 * Creates a writer. A batch that fails is halved until the events that make it fail are alone: the others are not held up. It
 * is not, when the store cannot be used: then it is not the events' fault.
 */
export function createEventWriter({ onBatch, clock, logger, signal }: EventWriterOptions): EventWriter {
  let pauseMs = FIRST_PAUSE_MS;

  /** The events that failed alone. @throws when the store cannot be used. */
  async function writeOrHalve(events: readonly JobEvent[]): Promise<readonly JobEvent[]> {
    try {
      await onBatch(events);
      return [];
    } catch (error) {
      if (isStoreTrouble(error) || signal.aborted) throw error;
      const [event] = events;
      if (events.length === 1 && event !== undefined) {
        const { jobId, type } = event;
        logger.warn({ jobId, type, error: messageOf(error) }, 'an event was not recorded');
        return events;
      }
      const middle = Math.ceil(events.length / 2);
      const failed = await writeOrHalve(events.slice(0, middle));
      return [...failed, ...(await writeOrHalve(events.slice(middle)))];
    }
  }

  async function pause(): Promise<void> {
    await sleep(clock, pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
  }

  /** What fails once may have met with a passing fault. */
  async function tryAgain(events: readonly JobEvent[]): Promise<readonly JobEvent[]> {
    let failed = events;
    for (let tries = 1; tries < TRIES && failed.length > 0; tries += 1) {
      await sleep(clock, FIRST_PAUSE_MS, signal);
      failed = await writeOrHalve(failed);
    }
    return failed;
  }

  return {
    async write(events) {
      if (events.length === 0) return [];
      try {
        const failed = await writeOrHalve(events);
        if (failed.length < events.length) {
          pauseMs = FIRST_PAUSE_MS;
          return await tryAgain(failed);
        }
      } catch (error) {
        logger.warn(
          { eventCount: events.length, error: messageOf(error) },
          'events were not recorded: will try again',
        );
      }
      await pause();
      return undefined;
    },
  };
}

function isStoreTrouble(error: unknown): boolean {
  return error instanceof LeveretError && error.code === 'STORE_UNAVAILABLE';
}
