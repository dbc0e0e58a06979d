import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJobClient } from '@leveret/client';
import { createControl } from '@leveret/control';
import { silentLogger } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';

/** Opens what controls an installation on RabbitMQ with its ledger in `file`. */
export async function openOperator(url: string, file: string) {
  const logger = silentLogger;
  const database = await openSqliteDatabase({ file, logger });
  const store = createSqliteJobStore({ database });
  const broker = await createRabbitmqBroker({ urls: [url], logger });
  const reader = await openSqliteJobReader({ file });
  const control = createControl({ broker, store, reader, logger });
  return {
    broker,
    store,
    reader,
    control,
    async [Symbol.asyncDispose]() {
      await control.close();
      await broker.close(1_000);
      await reader.close();
      await store.close();
      await database.close();
    },
  };
}

/** The process that accepts jobs, records events and answers workers, with a ledger of its own. */
export async function openInstallation(url: string, queue: string) {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-control-'));
  const file = join(folder, 'ledger.db');
  const operator = await openOperator(url, file);
  const { broker, store } = operator;
  await broker.declare([queue]);
  const recorder = createRecorder({ broker, store, logger: silentLogger });
  await recorder.start();
  const client = createJobClient({ broker, store, logger: silentLogger });
  return {
    ...operator,
    file,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await recorder.stop();
      await operator[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
