import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ApiConfig, apiSettings, toApiConfig } from '@leveret/api';
import {
  type BrokerSetting,
  blobSetting,
  brokerSetting,
  concurrencySetting,
  dataDirSetting,
  type Environment,
  LEVERET_VARIABLES,
  logLevelSetting,
  type MailSetting,
  mailFromSetting,
  mailSetting,
  parseEnvironment,
  rabbitmqSettings,
  storeSetting,
  toBroker,
} from '@leveret/config';
import { LeveretError, messageOf } from '@leveret/core';
import type { LogLevel } from '@leveret/observability';

/** Handlers of one queue at work at the same time when nothing else is said. */
const DEFAULT_CONCURRENCY = 2;

/** What the all-in-one process is told. Paths are absolute. */
export interface StandaloneConfig extends ApiConfig {
  readonly dataDir: string;
  readonly broker: BrokerSetting;
  readonly storeFile: string;
  readonly blobFolder: string;
  readonly mail: MailSetting;
  readonly mailFrom: string;
  readonly concurrency: number;
  readonly logLevel: LogLevel;
  /** Where child processes look for programs: all that they are told of the environment. */
  readonly searchPath: string;
  /** Show the demonstration and end. */
  readonly once: boolean;
}

/**
 * Reads the environment and the command line (`--once`). Everything has a default: embedded broker and ledger, captured mail.
 *
 * @throws {LeveretError} `CONFIG_INVALID`, with every mistake at once.
 */
export function loadStandaloneConfig(
  env: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): StandaloneConfig {
  const once = parseCommandLine(args);
  const settings = parseEnvironment(
    {
      ...apiSettings,
      LEVERET_DATA_DIR: dataDirSetting,
      LEVERET_AMQP_URL: brokerSetting.default({ kind: 'embedded' }),
      ...rabbitmqSettings,
      LEVERET_STORE_URL: storeSetting.optional(),
      LEVERET_BLOB_URL: blobSetting.optional(),
      LEVERET_SMTP_URL: mailSetting.default({ kind: 'capture' }),
      LEVERET_MAIL_FROM: mailFromSetting,
      LEVERET_CONCURRENCY: concurrencySetting.default(DEFAULT_CONCURRENCY),
      // A person reads this terminal: what goes well is told in words, not in lines of JSON.
      LOG_LEVEL: logLevelSetting.unwrap().default('warn'),
    },
    env,
    LEVERET_VARIABLES,
  );
  const dataDir = resolve(settings.LEVERET_DATA_DIR);
  return {
    ...toApiConfig(settings),
    dataDir,
    broker: toBroker(settings.LEVERET_AMQP_URL, settings),
    storeFile: resolve(settings.LEVERET_STORE_URL ?? join(dataDir, 'leveret.db')),
    blobFolder: resolve(settings.LEVERET_BLOB_URL ?? join(dataDir, 'blobs')),
    mail: settings.LEVERET_SMTP_URL,
    mailFrom: settings.LEVERET_MAIL_FROM,
    concurrency: settings.LEVERET_CONCURRENCY,
    logLevel: settings.LOG_LEVEL,
    searchPath: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    once,
  };
}

function parseCommandLine(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false } } }).values.once;
  } catch (cause) {
    throw new LeveretError('CONFIG_INVALID', `${messageOf(cause)}; usage: npm start [-- --once]`, { cause });
  }
}
