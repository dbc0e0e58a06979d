import { type BlobStore, type Broker, type JobStore, type Logger, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteBroker, createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { createFileBlobStore } from '@leveret/storage';
import type { ApiProcessConfig } from './config.ts';

/** The drivers of an API process, opened. */
export interface Drivers {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly blobs: BlobStore;
  /** Closes them, in order. */
  close(): Promise<void>;
}

/** How long settlements and confirms under way may take when the broker is closed, in milliseconds. */
const CLOSE_GRACE_MS = 2_000;

/** Opens what `config` names. @throws {LeveretError} naming what cannot be reached, read or written. */
export async function openDrivers(config: ApiProcessConfig, logger: Logger): Promise<Drivers> {
  const clock = systemClock;
  const blobs = await createFileBlobStore({ root: config.blobFolder });
  const database = await openSqliteDatabase({ file: config.storeFile, clock, logger });
  const store = createSqliteJobStore({ database, clock });
  try {
    const broker =
      config.broker.kind === 'rabbitmq'
        ? await createRabbitmqBroker({ urls: config.broker.urls, clock, logger })
        : createSqliteBroker({ database, clock, logger });
    return {
      broker,
      store,
      blobs,
      async close() {
        await broker.close(CLOSE_GRACE_MS);
        await store.close();
        await database.close();
      },
    };
  } catch (error) {
    await store.close();
    await database.close();
    throw error;
  }
}
