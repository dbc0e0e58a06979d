import type { Clock, JobReader, JobStore } from '@leveret/core';

/** A place where ledgers of one driver can be opened. */
export interface JobStoreUnderTest {
  /** Opens a ledger; all that are opened share their jobs. */
  open(clock: Clock): Promise<JobStore>;
  /** Opens a reader of the ledger. */
  openReader(): Promise<JobReader>;
  /** Keeps ledgers from writing, as a stuck neighbour might, until disposed of; absent where nobody can do that. */
  occupy?(): Disposable;
  dispose(): Promise<void>;
}
