import { createClosingSteps, runApplication } from '@leveret/config';
import { systemClock } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { foldersOf, loadApiConfig } from './config.ts';
import { prepareFolders } from './data-folders.ts';
import { openLogin } from './login.ts';
import { startApi } from './server.ts';
import { openDrivers } from './wiring.ts';

/** How long requests under way may take to finish when the API stops, in milliseconds. */
const STOP_GRACE_MS = 10_000;
/** How long stopping may take at the most, in milliseconds. */
const STOP_WITHIN_MS = 15_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runApplication({
  host: process,
  stopWithinMs: STOP_WITHIN_MS,
  async start() {
    const config = loadApiConfig();
    await prepareFolders(foldersOf(config));
    const logger = createLogger({ name: 'api', level: config.logLevel });
    const closing = createClosingSteps();
    return await closing.attempt(async () => {
      const drivers = await openDrivers(config, logger, systemClock);
      closing.add(() => drivers.close());
      const adminAccess = await openLogin({ ...drivers, clock: systemClock, say });
      const api = await startApi({ config, ...drivers, adminAccess, dataFolders: foldersOf(config), logger });
      closing.add(() => api.stop(STOP_GRACE_MS));
      say(`Leveret API listens at ${api.url}`);
      return { stop: closing.run };
    });
  },
});
