import { runApplication } from '@leveret/config';
import { systemClock } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { loadWorkerConfig } from './config.ts';
import { startHealthServer } from './health.ts';
import { startWorker } from './start-worker.ts';
import { openDrivers } from './wiring.ts';

/** How long jobs under way may take to end when the worker stops, in milliseconds. */
const STOP_GRACE_MS = 25_000;
/** How long stopping may take at the most, in milliseconds. */
const STOP_WITHIN_MS = 45_000;

await runApplication({
  host: process,
  stopWithinMs: STOP_WITHIN_MS,
  async start() {
    const config = loadWorkerConfig();
    const logger = createLogger({ name: 'worker', level: config.logLevel });
    const { broker, store, client, handlers, close } = await openDrivers(config, logger, systemClock);
    const { concurrency, searchPath, queues } = config;
    const worker = await startWorker({
      broker,
      client,
      handlers,
      ...(queues === undefined ? {} : { queues }),
      concurrency,
      searchPath,
      logger,
      clock: systemClock,
    });
    const health =
      config.healthPort === undefined
        ? undefined
        : await startHealthServer({ host: config.healthHost, port: config.healthPort, broker, store });
    process.stdout.write(
      `Leveret worker takes jobs from ${queues?.join(', ') ?? 'all queues'}, ${concurrency} at a time${health ? `; health at ${health.url}` : ''}\n`,
    );
    return {
      ended: worker.unhealthy.then((reason) => {
        logger.error({ reason }, 'the worker stops, to be started afresh');
        return 1;
      }),
      async stop() {
        await worker.stop(STOP_GRACE_MS);
        await health?.close();
        await close();
      },
    };
  },
});
