import type { Control } from '@leveret/control';
import type { BlobStore, Clock, JobReader, JobStore, Logger } from '@leveret/core';

/** What the routes of resources work with. Nothing of it is closed by them. */
export interface ResourceOptions {
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly control: Control;
  readonly blobs: BlobStore | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}
