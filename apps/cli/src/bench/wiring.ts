import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeveretError } from '@leveret/core';
import { createRabbitmqBroker, openRabbitmqDoctor, RABBITMQ_NAME } from '@leveret/rabbitmq';
import {
  createSqliteBroker,
  createSqliteJobStore,
  openSqliteDatabase,
  openSqliteJobReader,
  SQLITE_NAME,
  type SqliteDatabase,
} from '@leveret/sqlite';
import { openAmqplibBaseline } from './amqplib-baseline.ts';
import { openLibsqlBaseline } from './libsql-baseline.ts';
import type { Subject } from './subject.ts';

/** What can be measured on, by name. */
export const DRIVERS = [RABBITMQ_NAME, SQLITE_NAME] as const;
/** One of {@link DRIVERS}. */
export type Driver = (typeof DRIVERS)[number];

/** Name of the raw client's own queue. */
const BASELINE_QUEUE = 'leveret-bench-baseline';
/** Apart from applications on the same virtual host: their ledger would not get the events of the benchmark, nor the benchmark theirs. */
const NAMESPACE = 'leveret-bench';

/**
 * Opens what is measured on. Files are made in a folder of their own; on RabbitMQ the benchmark's queues stay, empty.
 *
 * @throws {LeveretError} `CONFIG_INVALID` without a URL for RabbitMQ.
 */
export async function openSubject(driver: Driver, url: string | undefined): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-bench-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const databases: SqliteDatabase[] = [];
  const file = join(folder, 'leveret.db');
  const openReader = () => openSqliteJobReader({ file });
  const openDatabase = async () => {
    const database = await openSqliteDatabase({ file });
    databases.push(database);
    return database;
  };
  const closing = async () => {
    await Promise.all(databases.map((database) => database.close()));
    await dispose();
  };
  if (driver === SQLITE_NAME) {
    // Broker and ledger in one file, as the embedded server has them: one commit does both.
    const database = await openDatabase();
    return {
      name: 'SQLite',
      baselineName: 'libsql, one commit for what is waiting',
      openBroker: async () => createSqliteBroker({ database }),
      openStore: async () => createSqliteJobStore({ database }),
      openReader,
      openBaseline: async () => openLibsqlBaseline(join(folder, 'baseline.db')),
      dispose: closing,
    };
  }
  // One node is enough to measure on.
  const [node] = url?.split(',').map((part) => part.trim()) ?? [];
  if (node === undefined || !/^amqps?:/.test(node)) {
    await dispose();
    throw new LeveretError(
      'CONFIG_INVALID',
      'name the RabbitMQ to measure on: --url amqp://…, or LEVERET_AMQP_URL',
    );
  }
  return {
    name: 'RabbitMQ',
    baselineName: 'amqplib, quorum queue, ack each',
    openBroker: () => createRabbitmqBroker({ urls: [node], namespace: NAMESPACE }),
    async openStore() {
      const store = createSqliteJobStore({ database: await openDatabase() });
      await adoptLedger(node, await store.ledgerId());
      return store;
    },
    openReader,
    openBaseline: () => openAmqplibBaseline(node, BASELINE_QUEUE),
    dispose: closing,
  };
}

/** An earlier benchmark has left its claim. */
async function adoptLedger(url: string, ledgerId: string): Promise<void> {
  const doctor = await openRabbitmqDoctor({ urls: [url], namespace: NAMESPACE, jobs: [] });
  await doctor.adoptLedger(ledgerId);
  await doctor.close();
}
