import {
  type Broker,
  type Clock,
  type JobStore,
  REPORT_EVERY_MS,
  type RecordableEvent,
  sleep,
  withDeadline,
} from '@leveret/core';

/** How long the broker may take to count the events that wait, in milliseconds. */
const BROKER_ANSWERS_MS = 1_000;

/** What reporting works with. */
export interface ReportsOptions {
  readonly broker: Pick<Broker, 'inspectEvents'>;
  readonly store: Pick<JobStore, 'noteRecording'>;
  readonly clock: Clock;
  /** Whether this recorder may not record: then it knows nothing of this ledger. */
  readonly isRefused: () => boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Reports to the ledger how far it is. */
export interface Reports {
  /** Does `work`, which records these events. @throws what it throws. */
  during(events: readonly RecordableEvent[], work: () => Promise<void>): Promise<void>;
  /** Reports regularly, while ledger and broker can be asked. Resolves when it has ended; never rejects. */
  start(): Promise<void>;
}

/**
 * Creates them. Any recorder reports that nothing waits. While events wait, the one that is given them reports: the moment of the last event that it
 * recorded says how far it is.
 */
export function createReports({ broker, store, clock, isRefused, signal }: ReportsOptions): Reports {
  let batchesInHand = 0;
  let hasRecorded = false;
  /** What happened before is in the ledger. */
  let upTo: number | undefined;

  async function report(): Promise<void> {
    const at = clock.now();
    const isBusy = batchesInHand > 0;
    const isActive = isBusy || hasRecorded;
    hasRecorded = false;
    const late = () => new Error('the broker is late');
    const waitingCount = await withDeadline(clock, BROKER_ANSWERS_MS, broker.inspectEvents(), late);
    if (waitingCount === 0 && !isBusy) upTo = at;
    else if (!isActive) return;
    if (upTo !== undefined) await store.noteRecording({ at, behindMs: Math.max(0, at - upTo) });
  }

  return {
    async during(events, work) {
      batchesInHand += 1;
      try {
        await work();
      } finally {
        batchesInHand -= 1;
      }
      hasRecorded = true;
      const last = events.at(-1);
      if (last !== undefined) upTo = Math.max(upTo ?? 0, Math.min(last.at, clock.now()));
    },
    async start() {
      while (!signal.aborted) {
        // While ledger or broker are away, nothing is reported, and readers of the ledger say that.
        if (!isRefused()) await report().catch(() => undefined);
        await sleep(clock, REPORT_EVERY_MS, signal);
      }
    },
  };
}
