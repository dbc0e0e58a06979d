import { join } from 'node:path';
import { type AdminAccess, localAccess } from '@leveret/admin';
import { type Drivers, openLogin, prepareFolders, startApi } from '@leveret/api';
import { createClosingSteps, type RunningApplication, runApplication } from '@leveret/config';
import { systemClock } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { startWorker } from '@leveret/worker-app';
import { loadStandaloneConfig, type StandaloneConfig } from './config.ts';
import { claimDataFolder } from './data-folder.ts';
import { showAgain, showFirstStart } from './first-start.ts';
import { demoClip, lockFile, openSharedDrivers } from './wiring.ts';

/** How long requests, and then jobs, under way may take to end when the server stops, in milliseconds. */
const STOP_GRACE_MS = 10_000;
/** How long stopping may take at the most, in milliseconds. */
const STOP_WITHIN_MS = 40_000;

const clock = systemClock;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Starts API, recorder and worker in this process; what was started is stopped again when a later step fails. */
async function start(config: StandaloneConfig, stopping: AbortSignal): Promise<RunningApplication> {
  const { dataDir, concurrency, searchPath } = config;
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    await prepareFolders([dataDir, config.blobFolder]);
    const folder = await claimDataFolder(dataDir, lockFile);
    closing.add(() => folder.release());
    const logger = createLogger({ name: 'standalone', level: config.logLevel });
    stopping.throwIfAborted();
    const { handlers, ...drivers } = await openSharedDrivers(config, logger, clock);
    closing.add(() => drivers.close());
    stopping.throwIfAborted();
    const client = drivers.jobs;
    const worker = await startWorker({
      ...drivers,
      client,
      starts: drivers.store,
      handlers,
      concurrency,
      searchPath,
      logger,
      clock,
    });
    closing.add(() => worker.stop(STOP_GRACE_MS));
    stopping.throwIfAborted();
    // The claim is on the data folder: files elsewhere may be shared with others.
    const isAlone = config.blobFolder === join(dataDir, 'blobs');
    const adminAccess = await openAccess(config, drivers);
    const api = await startApi({
      ...{ config, adminAccess, logger, clock, isAlone },
      ...drivers,
      dataFolders: [dataDir, config.blobFolder],
    });
    // From the moment the API drains, the worker takes no more jobs: what still comes in is kept for the next start.
    closing.add(
      () => api.stop(STOP_GRACE_MS),
      () => worker.stop(STOP_GRACE_MS),
    );
    greet(api.url, config);
    const unhealthy = worker.unhealthy.then((reason) => {
      logger.error({ reason }, 'the worker can do no more: start it afresh');
      return 1;
    });
    const ended = Promise.race([demonstrate(config, api.url, stopping), unhealthy]);
    return { stop: () => closing.run(), ended };
  });
}

/** Everybody on this machine is an admin when only this machine can be meant: no keys, and no other process that takes part. */
async function openAccess(
  { apiKeys, host, broker }: StandaloneConfig,
  { accounts }: Pick<Drivers, 'accounts'>,
): Promise<AdminAccess> {
  const isLocal = apiKeys.length === 0 && broker.kind === 'embedded';
  return isLocal ? localAccess({ hosts: [host] }) : await openLogin({ accounts, clock, say });
}

/** With `--once` it resolves with the exit code when the clip came through, and rejects when it did not. Else it never ends. */
async function demonstrate(config: StandaloneConfig, url: string, signal: AbortSignal): Promise<number> {
  const [apiKey] = config.apiKeys;
  const options = {
    dataDir: config.dataDir,
    mailFolder: mailFolderOf(config),
    url,
    ...(apiKey === undefined ? {} : { apiKey }),
    clip: demoClip,
    clock,
    say,
    signal,
  };
  if (config.once) {
    await showAgain(options);
    return 0;
  }
  await showFirstStart(options);
  return await new Promise<never>(() => undefined);
}

function greet(url: string, config: StandaloneConfig): void {
  const { broker, dataDir } = config;
  say(`Leveret is ready: ${url}`);
  say(`  dashboard   ${url}/admin`);
  say(`  API         ${url}/docs`);
  say(`  broker      ${broker.kind === 'embedded' ? 'embedded, on SQLite' : 'RabbitMQ'}`);
  say(`  mail        ${mailFolderOf(config) ?? 'sent over SMTP'}`);
  say(`  data        ${dataDir}`);
  say('Ctrl-C stops it; jobs under way are finished or kept.');
}

function mailFolderOf({ mail, dataDir }: StandaloneConfig): string | undefined {
  return mail.kind === 'capture' ? (mail.folder ?? join(dataDir, 'mail')) : undefined;
}

await runApplication({
  host: process,
  stopWithinMs: STOP_WITHIN_MS,
  start: (stopping) => start(loadStandaloneConfig(), stopping),
});
