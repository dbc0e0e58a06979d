import {
  type Broker,
  type Clock,
  type JobEvent,
  type JobStore,
  type Logger,
  messageOf,
  type Subscription,
  silentLogger,
  sleep,
  systemClock,
} from '@leveret/core';

/** Waits between tries to write a batch, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** What a recorder works with. */
export interface RecorderOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Carries job events from the broker into the ledger. */
export interface Recorder {
  /** Begins. Several recorders may be started, in several processes: one at a time is given events. */
  start(): Promise<void>;
  /** Finishes the batch at hand and stops. Safe to call twice, and before `start`. */
  stop(): Promise<void>;
}

/** Creates a recorder. A batch is acknowledged after the ledger has it, so events are recorded at least once, idempotently. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { broker, store, clock = systemClock, logger = silentLogger } = options;
  const stopping = new AbortController();
  let subscription: Subscription | undefined;

  async function record(events: readonly JobEvent[]): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await store.apply(events);
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        logger.warn(
          { eventCount: events.length, error: messageOf(error) },
          'the ledger takes no events: will try again',
        );
        await sleep(clock, waitMs, stopping.signal);
      }
    }
  }

  return {
    async start() {
      subscription = await broker.recordEvents(record);
    },
    async stop() {
      stopping.abort();
      await subscription?.stop();
    },
  };
}
