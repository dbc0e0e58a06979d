import { createJobClient, type JobClient } from '@leveret/client';
import { createClosingSteps } from '@leveret/config';
import { type Control, createControl } from '@leveret/control';
import type { AccountStore, BlobStore, Broker, Clock, JobReader, JobStore, Logger } from '@leveret/core';
import { jobQueues } from '@leveret/jobs';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import {
  createSqliteAccountStore,
  createSqliteBroker,
  createSqliteJobStore,
  openSqliteDatabase,
  openSqliteJobReader,
} from '@leveret/sqlite';
import { createFileBlobStore } from '@leveret/storage';
import type { ApiProcessConfig } from './config.ts';

/** The drivers of an API process, opened, and the client that works with them. */
export interface Drivers {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly accounts: AccountStore;
  readonly blobs: BlobStore;
  readonly jobs: JobClient;
  readonly control: Control;
  readonly reader: JobReader;
  /** Closes them, in order. Safe to call twice. */
  close(): Promise<void>;
}

/** Which drivers are opened. */
export type DriverConfig = Pick<ApiProcessConfig, 'broker' | 'storeFile' | 'blobFolder'>;

/** How long settlements and confirms under way may take when the broker is closed, in milliseconds. */
const CLOSE_GRACE_MS = 5_000;

/** Opens what `config` names. @throws {LeveretError} naming what cannot be reached, read or written. Nothing is left open then. */
export async function openDrivers(
  { broker: setting, storeFile, blobFolder }: DriverConfig,
  logger: Logger,
  clock: Clock,
): Promise<Drivers> {
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    const blobs = await createFileBlobStore({ root: blobFolder });
    const database = await openSqliteDatabase({ file: storeFile, logger });
    closing.add(() => database.close());
    const store = createSqliteJobStore({ database, clock });
    closing.add(() => store.close());
    const accounts = createSqliteAccountStore({ database, clock });
    const broker =
      setting.kind === 'rabbitmq'
        ? await createRabbitmqBroker({ ...setting, clock, logger })
        : createSqliteBroker({ database, clock, logger });
    closing.add(() => broker.close(CLOSE_GRACE_MS));
    await broker.declare(jobQueues);
    const jobs = createJobClient({ broker, store, clock, logger });
    closing.add(() => jobs.close());
    const reader = await openSqliteJobReader({ file: storeFile });
    closing.add(() => reader.close());
    const control = createControl({ broker, store, reader, clock, logger });
    closing.add(() => control.close());
    return { broker, store, accounts, blobs, jobs, control, reader, close: closing.run };
  });
}
