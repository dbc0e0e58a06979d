import { createJobClient } from '@leveret/client';
import { createControl } from '@leveret/control';
import { type Broker, silentLogger } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import {
  createSqliteBroker,
  createSqliteJobStore,
  openSqliteDatabase,
  openSqliteJobReader,
} from '@leveret/sqlite';
import { createWorker, handle } from '@leveret/worker';
import { openOperator } from '../installation.ts';
import { COUNTED_QUEUE, type CountedJob, countedJob, offerJobs, workOnCounted } from './counted-job.ts';
import type { CountedNews, Role } from './counted-process.ts';

/** The entry of a process that is going to be killed: told its role, the ledger's file and the broker's URL. */

const [role, file = '', url = ''] = process.argv.slice(2);
const logger = silentLogger;
const tell = (news: CountedNews) => process.send?.(news);

async function record(): Promise<void> {
  const { broker, store } = await openOperator(url, file);
  await createRecorder({ broker, store, logger }).start();
}

async function work(broker: Broker): Promise<void> {
  const handlers = [handle(countedJob, workOnCounted)];
  await createWorker({ broker, events: true, concurrency: 8, handlers, logger }).start();
}

/** Everything in one process, on one file. It enqueues the jobs that it is told. */
async function runEmbedded(): Promise<void> {
  const database = await openSqliteDatabase({ file, logger });
  const store = createSqliteJobStore({ database });
  const broker = createSqliteBroker({ database, logger });
  await broker.declare([COUNTED_QUEUE]);
  const reader = await openSqliteJobReader({ file });
  await createRecorder({ broker, store, logger }).start();
  const client = createJobClient({ broker, store, logger });
  const control = createControl({ broker, store, reader, logger });
  await work(broker);
  process.on('message', async (jobs: readonly CountedJob[]) => {
    await offerJobs({ client, control }, jobs, (id) => tell({ what: 'accepted', id }));
    tell({ what: 'offered' });
  });
}

const START: Readonly<Record<Role, () => Promise<void>>> = {
  recorder: record,
  worker: async () => work(await createRabbitmqBroker({ urls: [url], logger })),
  embedded: runEmbedded,
};

process.once('disconnect', () => process.exit());
await START[role as Role]();
tell({ what: 'ready' });
