import { join } from 'node:path';
import {
  type BrokerSetting,
  brokerSetting,
  dataDirSetting,
  type Environment,
  LEVERET_VARIABLES,
  parseEnvironment,
  rabbitmqSettings,
  storeSetting,
  toBroker,
} from '@leveret/config';
import { DEFAULT_NAMESPACE } from '@leveret/core';

/** The broker to measure on, where the command line names none: `LEVERET_AMQP_URL`, or that of the test support. */
export function amqpUrlFromEnvironment(env: Environment = process.env): string | undefined {
  return applicationsUrl(env) ?? (env['LEVERET_TEST_AMQP_URL'] || undefined);
}

/** The namespace of the applications: `LEVERET_NAMESPACE`. */
export function applicationsNamespace(env: Environment = process.env): string {
  return env['LEVERET_NAMESPACE'] || DEFAULT_NAMESPACE;
}

/** The broker of the applications: `LEVERET_AMQP_URL`. */
export function applicationsUrl(env: Environment = process.env): string | undefined {
  return env['LEVERET_AMQP_URL'] || undefined;
}

/** How long a command waits while another process writes to the ledger, in milliseconds: a person waits for its answer. */
export const LEDGER_BUSY_MS = 1_000;

/**
 * The broker of the applications: `LEVERET_AMQP_URL`, or the SQLite file when that is absent.
 * @throws {LeveretError} `CONFIG_INVALID`, with every mistake at once.
 */
export function brokerFromEnvironment(env: Environment = process.env): BrokerSetting {
  const settings = parseEnvironment(
    { LEVERET_AMQP_URL: brokerSetting.default({ kind: 'embedded' }), ...rabbitmqSettings },
    env,
    LEVERET_VARIABLES,
  );
  return toBroker(settings.LEVERET_AMQP_URL, settings);
}

/** The database file of the applications: `LEVERET_STORE_URL`, or else the one in `LEVERET_DATA_DIR`. */
export function databaseFromEnvironment(env: Environment = process.env): string {
  const { LEVERET_STORE_URL: file, LEVERET_DATA_DIR: folder } = parseEnvironment(
    { LEVERET_STORE_URL: storeSetting.optional(), LEVERET_DATA_DIR: dataDirSetting },
    env,
    LEVERET_VARIABLES,
  );
  return file ?? join(folder, 'leveret.db');
}
