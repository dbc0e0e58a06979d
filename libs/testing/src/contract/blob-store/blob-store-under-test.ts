import type { BlobStore } from '@leveret/core';

/** A store to test, empty. */
export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Makes everything stored so far `ms` older. */
  age(ms: number): Promise<void>;
  /** How much is stored, unfinished files included. */
  count(): Promise<number>;
  /** Deletes everything. */
  close(): Promise<void>;
}

/** Runs a test with a store of its own. */
export type WithStore = (use: (under: BlobStoreUnderTest) => Promise<void>) => Promise<void>;
