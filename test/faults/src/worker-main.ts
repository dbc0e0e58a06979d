import { sleep, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createWorker, handle } from '@leveret/worker';
import { CONSUMING, createConnectionLosses } from './connection-losses.ts';
import { faultJob } from './fault-job.ts';
import type { WorkerNews } from './worker-process.ts';

/** The entry of a worker process that is going to be killed: told the broker's URL and its queue, it says what it does. */

const [url = '', queue = ''] = process.argv.slice(2);
/** How long a job takes, in milliseconds. */
const WORK_MS = 20;

const tell = (news: WorkerNews) => process.send?.(news);
const { logger } = createConnectionLosses(
  {
    lost({ holder, to }) {
      if (holder === CONSUMING) tell({ what: 'lost', at: to });
    },
  },
  queue,
);
const broker = await createRabbitmqBroker({ urls: [url], logger });
const worker = createWorker({
  broker,
  concurrency: 8,
  events: true,
  handlers: [
    handle(faultJob(queue), async ({ job: { id, attempt } }) => {
      tell({ what: 'began', id, attempt, at: systemClock.now() });
      await sleep(systemClock, WORK_MS);
      tell({ what: 'ended', id, attempt, at: systemClock.now() });
      return null;
    }),
  ],
});
process.once('disconnect', () => process.exit());
await worker.start();
tell({ what: 'ready' });
