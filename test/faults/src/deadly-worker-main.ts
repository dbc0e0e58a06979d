import { defineJob } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createWorker, handleByModule } from '@leveret/worker';
import { CONSUMING, createConnectionLosses } from './connection-losses.ts';
import { type DeadlyOptions, writeNews } from './deadly-handler.ts';

/** The entry of a worker process whose jobs may kill it: told the broker's URL, its queue and the file of the handler. */

const [url = '', queue = '', file = ''] = process.argv.slice(2);
const CONCURRENCY = 10;
const GRACE_MS = 10_000;

const definition = defineJob({
  kind: 'contract.job',
  queue,
  payload: { '~standard': { version: 1, vendor: 'faults', validate: (value: unknown) => ({ value }) } },
  retry: { firstDelayMs: 100 },
  // So long that no more is fetched than there are slots.
  timeoutMs: 61_000,
});
const module = new URL('./deadly-handler.ts', import.meta.url).href;
const { logger } = createConnectionLosses(
  {
    lost({ holder, to }) {
      if (holder === CONSUMING) writeNews(file, { what: 'lost', at: to, worker: process.pid });
    },
  },
  queue,
);
const broker = await createRabbitmqBroker({ urls: [url], logger });
const worker = createWorker({
  broker,
  concurrency: CONCURRENCY,
  events: true,
  handlers: [
    handleByModule(definition, {
      module,
      factory: 'createDeadlyHandler',
      options: { file, worker: process.pid } satisfies DeadlyOptions,
      isolation: 'inline',
    }),
  ],
  children: { env: { PATH: process.env['PATH'] ?? '' } },
});

async function drain(): Promise<void> {
  await worker.stop(GRACE_MS);
  await broker.close(GRACE_MS);
  process.exit();
}

process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => {
  drain().catch((error: unknown) => {
    throw error;
  });
});
await worker.start();
process.send?.('ready');
