import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import {
  apiKeysSetting,
  type BrokerSetting,
  blobSetting,
  brokerSetting,
  dataDirSetting,
  type Environment,
  hostSetting,
  LEVERET_VARIABLES,
  logLevelSetting,
  parseEnvironment,
  portSetting,
  rabbitmqSettings,
  retentionSetting,
  storeSetting,
  toBroker,
  uploadLimitSetting,
  type WaitingLimitSetting,
  waitingLimitSetting,
} from '@leveret/config';
import { LeveretError, type RetentionRule } from '@leveret/core';
import type { LogLevel } from '@leveret/observability';

/** What the HTTP server is told. */
export interface ApiConfig {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** None: everybody on this machine may use the API, and nobody else can reach it. */
  readonly apiKeys: readonly string[];
  /** Largest upload, in bytes. */
  readonly uploadLimitBytes: number;
  /** How long finished jobs are kept: the first rule for a job counts. */
  readonly retention: readonly RetentionRule[];
  /** How long the oldest job of a queue may wait before that is a fault. */
  readonly waitingLimits: WaitingLimitSetting;
}

/** What a process of the API is told. Paths are absolute. */
export interface ApiProcessConfig extends ApiConfig {
  readonly dataDir: string;
  readonly broker: BrokerSetting;
  /** Path of the ledger's SQLite file. */
  readonly storeFile: string;
  readonly blobFolder: string;
  readonly logLevel: LogLevel;
}

/** Where the API listens when nothing else is said. */
const DEFAULT_PORT = 3_000;

/** The settings of the HTTP server, for the environment of any process that runs one. */
export const apiSettings = {
  HOST: hostSetting,
  PORT: portSetting.default(DEFAULT_PORT),
  LEVERET_API_KEYS: apiKeysSetting.default([]),
  LEVERET_UPLOAD_LIMIT_BYTES: uploadLimitSetting,
  LEVERET_RETENTION: retentionSetting.default([]),
  LEVERET_WAITING_LIMIT: waitingLimitSetting,
};

/**
 * Reads the environment. Broker and ledger have no default: a process that is one of many must not fall back to its own
 * disk because a variable is missing.
 *
 * @param args What stands on the command line: nothing may, lest somebody believes that it was heard.
 * @throws {LeveretError} `CONFIG_INVALID`, with every mistake at once.
 */
export function loadApiConfig(
  env: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): ApiProcessConfig {
  const [unheard] = args;
  if (unheard !== undefined) {
    const words = `the API takes no arguments, such as ${unheard}: set environment variables (docs/reference/configuration.md)`;
    throw new LeveretError('CONFIG_INVALID', words);
  }
  const settings = parseEnvironment(
    {
      ...apiSettings,
      LEVERET_DATA_DIR: dataDirSetting,
      LEVERET_AMQP_URL: brokerSetting,
      ...rabbitmqSettings,
      LEVERET_STORE_URL: storeSetting,
      LEVERET_BLOB_URL: blobSetting.optional(),
      LOG_LEVEL: logLevelSetting,
    },
    env,
    LEVERET_VARIABLES,
  );
  const dataDir = resolve(settings.LEVERET_DATA_DIR);
  return {
    ...toApiConfig(settings),
    dataDir,
    broker: toBroker(settings.LEVERET_AMQP_URL, settings),
    storeFile: resolve(settings.LEVERET_STORE_URL),
    blobFolder: resolve(settings.LEVERET_BLOB_URL ?? join(dataDir, 'blobs')),
    logLevel: settings.LOG_LEVEL,
  };
}

/** What {@link apiSettings} hold when they are parsed. */
export interface ApiSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly LEVERET_API_KEYS: readonly string[];
  readonly LEVERET_UPLOAD_LIMIT_BYTES: number;
  readonly LEVERET_RETENTION: readonly RetentionRule[];
  readonly LEVERET_WAITING_LIMIT: WaitingLimitSetting;
}

/**
 * What the HTTP server is told.
 *
 * @throws {LeveretError} `CONFIG_INVALID` when other machines could reach it and no keys are set.
 */
export function toApiConfig(settings: ApiSettings): ApiConfig {
  const {
    HOST: host,
    PORT: port,
    LEVERET_API_KEYS: apiKeys,
    LEVERET_UPLOAD_LIMIT_BYTES: uploadLimitBytes,
    LEVERET_RETENTION: retention,
    LEVERET_WAITING_LIMIT: waitingLimits,
  } = settings;
  if (apiKeys.length === 0 && !isLoopback(host)) {
    const words = `HOST: other machines could reach ${host}: set LEVERET_API_KEYS, or leave HOST at 127.0.0.1`;
    throw new LeveretError('CONFIG_INVALID', words);
  }
  return { host, port, apiKeys, uploadLimitBytes, retention, waitingLimits };
}

/** The folders that a process of the API writes to. */
export function foldersOf({ dataDir, storeFile, blobFolder }: ApiProcessConfig): readonly string[] {
  return [...new Set([dataDir, dirname(storeFile), blobFolder])];
}

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
