import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BrokerSetting,
  blobSetting,
  brokerSetting,
  concurrencySetting,
  dataDirSetting,
  type Environment,
  hostSetting,
  LEVERET_VARIABLES,
  logLevelSetting,
  type MailSetting,
  mailFromSetting,
  mailSetting,
  parseEnvironment,
  portSetting,
  queuesSetting,
  rabbitmqSettings,
  storeSetting,
  toBroker,
} from '@leveret/config';
import { LeveretError, messageOf } from '@leveret/core';
import type { LogLevel } from '@leveret/observability';

/** Handlers of one queue at work at the same time when nothing else is said. */
const DEFAULT_CONCURRENCY = 4;

/** What a worker process is told. */
export interface WorkerConfig {
  readonly dataDir: string;
  readonly broker: BrokerSetting;
  /** Path of the ledger's SQLite file. */
  readonly storeFile: string;
  readonly blobFolder: string;
  readonly mail: MailSetting;
  readonly mailFrom: string;
  /** Absent for all queues. */
  readonly queues?: readonly string[];
  readonly concurrency: number;
  readonly healthHost: string;
  /** Absent for no health server, 0 for any free port. */
  readonly healthPort?: number;
  readonly logLevel: LogLevel;
  /** Where programs are looked for: all that a child process is told of the environment. */
  readonly searchPath: string;
}

/**
 * Reads the environment and the command line (`--queues`, `--concurrency`), which wins.
 *
 * @throws {LeveretError} `CONFIG_INVALID`, with every mistake at once.
 */
export function loadWorkerConfig(
  env: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): WorkerConfig {
  const { queues, concurrency } = parseCommandLine(args);
  const settings = parseEnvironment(
    {
      LEVERET_DATA_DIR: dataDirSetting,
      LEVERET_AMQP_URL: brokerSetting,
      ...rabbitmqSettings,
      LEVERET_STORE_URL: storeSetting,
      LEVERET_BLOB_URL: blobSetting.optional(),
      LEVERET_SMTP_URL: mailSetting,
      LEVERET_MAIL_FROM: mailFromSetting,
      LEVERET_QUEUES: queuesSetting.optional(),
      LEVERET_CONCURRENCY: concurrencySetting.default(DEFAULT_CONCURRENCY),
      HOST: hostSetting,
      LEVERET_HEALTH_PORT: portSetting.optional(),
      LOG_LEVEL: logLevelSetting,
    },
    {
      ...env,
      ...(queues === undefined ? {} : { LEVERET_QUEUES: queues }),
      ...(concurrency === undefined ? {} : { LEVERET_CONCURRENCY: concurrency }),
    },
    LEVERET_VARIABLES,
  );
  const dataDir = resolve(settings.LEVERET_DATA_DIR);
  return {
    dataDir,
    broker: toBroker(settings.LEVERET_AMQP_URL, settings),
    storeFile: resolve(settings.LEVERET_STORE_URL),
    blobFolder: resolve(settings.LEVERET_BLOB_URL ?? join(dataDir, 'blobs')),
    mail: settings.LEVERET_SMTP_URL,
    mailFrom: settings.LEVERET_MAIL_FROM,
    ...(settings.LEVERET_QUEUES === undefined ? {} : { queues: settings.LEVERET_QUEUES }),
    concurrency: settings.LEVERET_CONCURRENCY,
    healthHost: settings.HOST,
    ...(settings.LEVERET_HEALTH_PORT === undefined ? {} : { healthPort: settings.LEVERET_HEALTH_PORT }),
    logLevel: settings.LOG_LEVEL,
    searchPath: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  };
}

function parseCommandLine(args: readonly string[]): {
  readonly queues?: string;
  readonly concurrency?: string;
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { queues: { type: 'string' }, concurrency: { type: 'string' } },
    });
    return values;
  } catch (error) {
    throw new LeveretError(
      'CONFIG_INVALID',
      `${messageOf(error)}; usage: worker [--queues mail,video] [--concurrency 8]`,
      {
        cause: error,
      },
    );
  }
}
