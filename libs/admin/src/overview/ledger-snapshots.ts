import {
  type Clock,
  type ControlStore,
  type FailureGroup,
  type FailureTrends,
  type JobCount,
  type JobReader,
  LeveretError,
  type OldestWaiting,
  type QueuePause,
  type Rates,
  type RecordingLag,
  type SeenWorker,
  type SetAsideCounts,
  withDeadline,
} from '@leveret/core';

/** How long a snapshot serves all who ask, in milliseconds. */
const FRESH_MS = 1_000;
/** How long the ledger may take, in milliseconds. */
const READ_MS = 2_000;
/** Of how long a time rates are read, in milliseconds. */
export const RATES_MS = 300_000;
/** The length of a slice of rates, in milliseconds. */
export const SLICE_MS = 10_000;
/** A worker that was noted within this time, in milliseconds, runs: the ledger notes each every 5 s. */
const LIVE_WITHIN_MS = 10_000;
/** Groups of failures that are read: those that failed last. */
const MAX_GROUPS = 50;
/** Operations of which is counted how many run: the newest. */
const MAX_OPERATIONS = 100;

/** What the ledger knows now of everything together. */
export interface LedgerSnapshot {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly counts: readonly JobCount[];
  /** Of the last {@link RATES_MS}, in slices of {@link SLICE_MS}. */
  readonly rates: Rates;
  readonly oldestWaiting: readonly OldestWaiting[];
  readonly groups: readonly FailureGroup[];
  /** Of these groups. */
  readonly trends: FailureTrends;
  readonly setAside: SetAsideCounts;
  readonly lag: RecordingLag;
  readonly pauses: readonly QueuePause[];
  /** Workers that run. */
  readonly workers: readonly SeenWorker[];
  /** Of the newest 100. */
  readonly runningOperations: number;
}

/** Reads snapshots. */
export interface LedgerSnapshots {
  /** A snapshot that is at most a second old: all callers share it. @throws {LeveretError} `STORE_UNAVAILABLE`, after 2 s at the latest. */
  current(): Promise<LedgerSnapshot>;
}

/** What snapshots are read from. */
export interface LedgerSnapshotsOptions {
  readonly reader: JobReader;
  readonly store: Pick<ControlStore, 'pauses' | 'workers' | 'operations'>;
  readonly clock: Clock;
}

/** Creates what reads them. */
export function createLedgerSnapshots({ reader, store, clock }: LedgerSnapshotsOptions): LedgerSnapshots {
  let newest: { readonly readAt: number; readonly snapshot: Promise<LedgerSnapshot> } | undefined;

  async function readFailures(at: number): Promise<Pick<LedgerSnapshot, 'groups' | 'trends'>> {
    const groups = await reader.failureGroups(MAX_GROUPS);
    const fingerprints = groups.map(({ fingerprint }) => fingerprint);
    return { groups, trends: await reader.activity.failureTrends(fingerprints, at) };
  }

  async function read(): Promise<LedgerSnapshot> {
    const at = clock.now();
    const [counts, rates, oldestWaiting, failures, setAside, lag, pauses, workers, operations] =
      await Promise.all([
        reader.counts(),
        reader.activity.rates({ since: at - RATES_MS, sliceMs: SLICE_MS }),
        reader.activity.oldestWaiting(at),
        readFailures(at),
        reader.setAside.counts(),
        reader.lag(),
        store.pauses(),
        store.workers(LIVE_WITHIN_MS),
        store.operations(MAX_OPERATIONS),
      ]);
    const running = operations.filter(({ state }) => state === 'running' || state === 'collecting');
    return {
      ...{ at, counts, rates, oldestWaiting, ...failures, setAside, lag, pauses, workers },
      runningOperations: running.length,
    };
  }

  return {
    current() {
      const now = clock.monotonic();
      if (newest === undefined || now - newest.readAt >= FRESH_MS)
        newest = { readAt: now, snapshot: withDeadline(clock, READ_MS, read(), late) };
      return newest.snapshot;
    },
  };
}

function late(): LeveretError {
  return new LeveretError('STORE_UNAVAILABLE', `the ledger has not answered within ${READ_MS / 1_000} s`);
}
