import { type AdminAccess, type LeveretAdminOptions, leveretAdmin } from '@leveret/admin';
import type { JobClient } from '@leveret/client';
import type { Control } from '@leveret/control';
import {
  type AccountStore,
  type BlobStore,
  type Broker,
  type Clock,
  createChangeFeed,
  type JobReader,
  type JobStore,
  LeveretError,
  type Logger,
  type Random,
  sleep,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { type Access, continueWhenRead, createServerOptions, leveretApi } from '@leveret/http';
import { jobCatalog } from '@leveret/jobs';
import { createRecorder, startBlobSweeper } from '@leveret/recorder';
import { type FastifyInstance, fastify } from 'fastify';
import { type ApiConfig, isLoopback } from './config.ts';
import { startIncomingSweeper } from './incoming-sweeper.ts';
import { publicJobs } from './public-jobs.ts';
import { API_VERSION } from './version.ts';

/** What the API is made of. All of it stays open when the API stops: whoever opened it closes it. */
export interface StartApiOptions {
  readonly config: ApiConfig;
  readonly jobs: JobClient;
  readonly broker: Broker;
  readonly store: JobStore;
  readonly accounts: AccountStore;
  readonly blobs: BlobStore;
  readonly control: Control;
  readonly reader: JobReader;
  /** Who may use the admin API. */
  readonly adminAccess: AdminAccess;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Folders of data: a fault says when the disk of one is nearly full. None when left out. */
  readonly dataFolders?: readonly string[];
  /** Whether no other process takes uploads into this storage; false when left out. What is unfinished there goes at once. */
  readonly isAlone?: boolean;
}

/** An API at work. */
export interface Api {
  /** Where to open it, with the port that was picked if any was asked for. */
  readonly url: string;
  /**
   * Stops listening, lets requests under way finish for up to `graceMs`, cuts off the rest, and stops recording.
   * Safe to call twice.
   */
  stop(graceMs: number): Promise<void>;
}

/** What `listen` fails with, in our codes. */
const LISTEN_FAULTS: Readonly<Record<string, (config: ApiConfig) => LeveretError>> = {
  EADDRINUSE: ({ host, port }) =>
    new LeveretError('PORT_IN_USE', `another program listens on port ${port} of ${host}`),
  EACCES: ({ port }) =>
    new LeveretError('CONFIG_INVALID', `PORT ${port} is reserved for the system: choose one above 1023`),
  EADDRNOTAVAIL: ({ host }) =>
    new LeveretError('CONFIG_INVALID', `HOST ${host} is no address of this machine`),
  ENOTFOUND: ({ host }) => new LeveretError('CONFIG_INVALID', `HOST ${host} cannot be found`),
};

/**
 * Starts the API: it listens, records what workers tell, deletes jobs whose time is over and files that no job refers to any more, sweeps after unfinished
 * uploads, and goes on with operations that nobody works on.
 *
 * @throws {LeveretError} `PORT_IN_USE`, `CONFIG_INVALID`, and what the broker throws. Nothing is left running then.
 */
export async function startApi(options: StartApiOptions): Promise<Api> {
  const { config, jobs, broker, store, blobs, logger, clock = systemClock, random = systemRandom } = options;
  const { control, reader, isAlone = false } = options;
  const { retention } = config;
  const definitions = [...jobCatalog.values()];
  const recorder = createRecorder({ broker, store, retention, definitions, clock, logger });
  const sweeper = await startIncomingSweeper({ blobs, clock, logger, isAlone });
  const app = fastify(createServerOptions({ clock, random }));
  continueWhenRead(app.server);

  try {
    const { uploadLimitBytes } = config;
    const changes = createChangeFeed({ activity: reader.activity, clock, logger });
    const shared = {
      jobs,
      broker,
      store,
      recorder,
      changes,
      blobs,
      publicJobs,
      uploadLimitBytes,
      logger,
      clock,
      random,
    };
    await app.register(leveretApi, { ...shared, access: toAccess(config), version: API_VERSION });
    await app.register(leveretAdmin, { ...toAdminOptions(options), changes, recorder });
    await recorder.start();
    await listen(app, config);
  } catch (error) {
    await app.close();
    await recorder.stop();
    await sweeper.stop();
    throw error;
  }

  const blobSweeper = startBlobSweeper({
    blobs,
    references: store.blobReferences,
    lag: reader.lag,
    definitions,
    clock,
    random,
    logger,
  });
  const url = urlOf(app, config);
  logger.info({ url }, 'the API listens');
  let stopped: Promise<void> | undefined;

  async function stop(graceMs: number): Promise<void> {
    logger.info({ graceMs }, 'the API stops');
    await closeWithin(app, graceMs, clock);
    await Promise.all([sweeper.stop(), blobSweeper.stop(), recorder.stop()]);
  }

  return {
    url,
    stop(graceMs) {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

function toAdminOptions(options: StartApiOptions): LeveretAdminOptions {
  const { config, broker, store, reader, control, accounts, blobs, adminAccess, dataFolders = [] } = options;
  const { logger, clock = systemClock } = options;
  return {
    ...{ broker, store, reader, control, accounts, blobs, dataFolders, logger, clock },
    waitingLimits: config.waitingLimits,
    access: adminAccess,
    version: API_VERSION,
  };
}

function toAccess({ apiKeys, host }: ApiConfig): Access {
  return apiKeys.length > 0 ? { kind: 'keys', keys: apiKeys } : { kind: 'loopback', hosts: [host] };
}

async function listen(app: FastifyInstance, config: ApiConfig): Promise<void> {
  try {
    await app.listen({ host: config.host, port: config.port, listenTextResolver: () => '' });
  } catch (error) {
    const fault = LISTEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    throw fault?.(config) ?? error;
  }
}

/** A server that listens on every address is opened by this machine's own name. */
function urlOf(app: FastifyInstance, { host }: ApiConfig): string {
  const address = app.server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  if (isLoopback(host) || (host !== '0.0.0.0' && host !== '::'))
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `http://localhost:${port}`;
}

async function closeWithin(app: FastifyInstance, graceMs: number, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const closing = app.close().finally(() => closed.abort());
  await sleep(clock, graceMs, closed.signal);
  if (!closed.signal.aborted) app.server.closeAllConnections();
  await closing;
}
