import { join } from 'node:path';
import { prepareFolders, startApi } from '@leveret/api';
import { type RunningApplication, runApplication } from '@leveret/config';
import { systemClock } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { startWorker } from '@leveret/worker-app';
import { loadStandaloneConfig, type StandaloneConfig } from './config.ts';
import { claimDataFolder } from './data-folder.ts';
import { showFirstStart } from './first-start.ts';
import { demoClip, openSharedDrivers } from './wiring.ts';

/** How long requests, and then jobs, under way may take to end when the server stops, in milliseconds. */
const STOP_GRACE_MS = 10_000;
/** How long stopping may take at the most, in milliseconds. */
const STOP_WITHIN_MS = 40_000;

const clock = systemClock;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Starts API, recorder and worker in this process; what was started is stopped again when a later step fails. */
async function start(config: StandaloneConfig): Promise<RunningApplication> {
  const { dataDir, concurrency, searchPath } = config;
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await prepareFolders([dataDir, config.blobFolder]);
    const folder = await claimDataFolder(dataDir);
    undo.push(() => folder.release());
    const logger = createLogger({ name: 'standalone', level: config.logLevel });
    const { handlers, ...drivers } = await openSharedDrivers(config, logger, clock);
    undo.push(() => drivers.close());
    const worker = await startWorker({
      ...drivers,
      client: drivers.jobs,
      handlers,
      concurrency,
      searchPath,
      logger,
      clock,
    });
    undo.push(() => worker.stop(STOP_GRACE_MS));
    const api = await startApi({ config, ...drivers, logger, clock });
    undo.push(() => api.stop(STOP_GRACE_MS));
    greet(api.url, config);
    const [apiKey] = config.apiKeys;
    const mailFolder = mailFolderOf(config);
    const shared = { dataDir, mailFolder, url: api.url, clip: demoClip, clock, say };
    const shown = showFirstStart({
      ...shared,
      ...(apiKey === undefined ? {} : { apiKey }),
      always: config.once,
    });
    const ended = config.once
      ? shown.then(() => 0)
      : Promise.race([shown.then(() => worker.unhealthy).then(() => 1)]);
    return { stop, ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

function greet(url: string, config: StandaloneConfig): void {
  const { broker, dataDir } = config;
  say(`Leveret is ready: ${url}`);
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
  start: () => start(loadStandaloneConfig()),
});
