import { createClosingSteps, type RunningApplication, runApplication } from '@leveret/config';
import { systemClock } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { loadWorkerConfig, type WorkerConfig } from './config.ts';
import { startHealthServer } from './health.ts';
import { startWorker } from './start-worker.ts';
import { openDrivers } from './wiring.ts';

/** How long jobs under way may take to end when the worker stops, in milliseconds. */
const STOP_GRACE_MS = 25_000;
/** How long stopping may take at the most, in milliseconds. */
const STOP_WITHIN_MS = 45_000;

/** Opens the drivers, then the health port, then takes jobs; what was opened is closed again when a later step fails. */
async function start(config: WorkerConfig, stopping: AbortSignal): Promise<RunningApplication> {
  const { concurrency, searchPath, queues, healthHost, healthPort } = config;
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    const logger = createLogger({ name: 'worker', level: config.logLevel });
    const { broker, store, starts, client, handlers, close } = await openDrivers(config, logger, systemClock);
    closing.add(close);
    stopping.throwIfAborted();
    const health =
      healthPort === undefined
        ? undefined
        : await startHealthServer({ host: healthHost, port: healthPort, broker, store });
    if (health !== undefined) closing.add(() => health.close());
    const worker = await startWorker({
      broker,
      client,
      starts,
      handlers,
      ...(queues === undefined ? {} : { queues }),
      concurrency,
      searchPath,
      logger,
      clock: systemClock,
    });
    closing.add(() => worker.stop(STOP_GRACE_MS));
    process.stdout.write(
      `Leveret worker takes jobs from ${queues?.join(', ') ?? 'all queues'}, ${concurrency} at a time${health ? `; health at ${health.url}` : ''}\n`,
    );
    const ended = worker.unhealthy.then((reason) => {
      logger.error({ reason }, 'the worker stops, to be started afresh');
      return 1;
    });
    return { ended, stop: () => closing.run() };
  });
}

await runApplication({
  host: process,
  stopWithinMs: STOP_WITHIN_MS,
  start: (stopping) => start(loadWorkerConfig(), stopping),
});
