import { type BrokerSetting, createClosingSteps, type Environment } from '@leveret/config';
import { createControl } from '@leveret/control';
import { type Broker, LeveretError, type Logger, systemClock, withDeadline } from '@leveret/core';
import { createRabbitmqBroker, RABBITMQ_NAME } from '@leveret/rabbitmq';
import {
  createSqliteBroker,
  createSqliteJobStore,
  openSqliteDatabase,
  SQLITE_NAME,
  type SqliteDatabase,
} from '@leveret/sqlite';
import { brokerFromEnvironment, databaseFromEnvironment, LEDGER_BUSY_MS } from '../config.ts';
import { openJobReader } from '../ledger/wiring.ts';
import { createAwayBroker } from './away-broker.ts';
import type { ControlSession } from './session.ts';

/** How long connecting to RabbitMQ may take, in milliseconds: then it counts as away. */
const CONNECT_MS = 2_000;
/** How long confirms under way may take when the broker is closed, in milliseconds. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Opens the ledger in `database`, or else that of the applications, and their broker: RabbitMQ, or the same file. RabbitMQ may be away.
 * @throws {LeveretError} `CONFIG_INVALID`, also when the ledger belongs to the other of the two, `STORE_UNAVAILABLE`, also when the file is of an earlier version: the applications bring it up to date;
 *   `BROKER_REFUSED`. Nothing is left open then.
 */
export async function openControlSession(
  database: string | undefined,
  logger: Logger,
  env?: Environment,
): Promise<ControlSession> {
  const setting = brokerFromEnvironment(env);
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    // First: it refuses a file that is missing or of another version, while opening the database would create it or bring it up to date.
    const reader = await openJobReader(database);
    closing.add(() => reader.close());
    const file = database ?? databaseFromEnvironment(env);
    const opened = await openSqliteDatabase({ file, busyTimeoutMs: LEDGER_BUSY_MS, logger });
    closing.add(() => opened.close());
    const store = createSqliteJobStore({ database: opened });
    closing.add(() => store.close());
    requireBrokerOf(await store.brokerName(), setting);
    const broker = await openBroker(setting, opened, logger);
    closing.add(() => broker.close(CLOSE_GRACE_MS));
    const control = createControl({ broker, store, reader, logger });
    closing.add(() => control.close());
    return { control, store, reader, broker, close: closing.run };
  });
}

/**
 * Refuses a broker that does not carry the jobs of the ledger: what is done there would reach no worker.
 * @param known What a recorder noted last; undefined when none has.
 */
function requireBrokerOf(known: string | undefined, { kind }: BrokerSetting): void {
  const isEmbedded = kind === 'embedded';
  if (known === undefined || (known === SQLITE_NAME) === isEmbedded) return;
  const fix = 'run this with the environment of the applications';
  throw new LeveretError(
    'CONFIG_INVALID',
    isEmbedded
      ? `the jobs of this ledger are on RabbitMQ, and LEVERET_AMQP_URL does not name it: ${fix}`
      : `the jobs of this ledger are in its SQLite file, and LEVERET_AMQP_URL names a RabbitMQ: ${fix}`,
  );
}

async function openBroker(setting: BrokerSetting, database: SqliteDatabase, logger: Logger): Promise<Broker> {
  if (setting.kind === 'embedded') return createSqliteBroker({ database, logger });
  const connecting = createRabbitmqBroker({ ...setting, logger });
  try {
    return await withDeadline(systemClock, CONNECT_MS, connecting, late);
  } catch (error) {
    if (!(error instanceof LeveretError) || error.code !== 'BROKER_UNAVAILABLE') throw error;
    connecting.then((broker) => broker.close(0)).catch(() => undefined);
    return createAwayBroker(RABBITMQ_NAME, error);
  }
}

function late(): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', `the broker has not answered within ${CONNECT_MS / 1_000} s`);
}
