import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJobClient } from '@leveret/client';
import { createControl } from '@leveret/control';
import {
  type Broker,
  type ControlAction,
  deadLetter,
  defineJob,
  type JobHandler,
  silentLogger,
  snooze,
} from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import {
  createSqliteBroker,
  createSqliteJobStore,
  openSqliteDatabase,
  openSqliteJobReader,
} from '@leveret/sqlite';
import { openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { createWorker, handle, type Worker, type WorkerStore } from '@leveret/worker';
import { expect, vi } from 'vitest';

/** Which broker carries the jobs. */
export type Carrier = 'sqlite' | 'rabbitmq';

/** What the handler of a test does with a job, by its payload. */
export type Doing = 'succeed' | 'fail' | 'give-up' | 'hang' | 'snooze';

const payload = {
  '~standard': { version: 1, vendor: 'e2e', validate: (value: unknown) => ({ value: value as Doing }) },
} as const;
export const work = defineJob({
  kind: 'work.do',
  queue: 'work',
  payload,
  retry: { attempts: 3, firstDelayMs: 60_000, maxDelayMs: 60_000 },
});
export const strange = defineJob({ kind: 'strange.do', queue: 'work', payload });

/** A run of a handler. */
export interface Ran {
  readonly id: string;
  readonly attempt: number;
  /** Code of the reason of its abort signal. */
  abortedFor?: string;
}

/** Opens one process's view of an installation: ledger, broker, recorder, client and control. Workers are started by the test. */
export async function openControlBench(carrier: Carrier) {
  const logger = silentLogger;
  const folder = await mkdtemp(join(tmpdir(), 'leveret-control-'));
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file, logger });
  const store = createSqliteJobStore({ database });
  const vhost: TestVhost | undefined = carrier === 'rabbitmq' ? await openVhost() : undefined;
  const openBroker = async (): Promise<Broker> =>
    vhost === undefined
      ? createSqliteBroker({ database, logger })
      : await createRabbitmqBroker({ urls: [vhost.amqpUrl], logger });
  const broker = await openBroker();
  await broker.declare(['work']);
  const recorder = createRecorder({ broker, store, logger });
  await recorder.start();
  const reader = await openSqliteJobReader({ file });
  const client = createJobClient({ broker, store, logger });
  const control = createControl({ broker, store, reader, logger });
  const ran: Ran[] = [];
  const workers: Worker[] = [];
  const recorders = [recorder];
  const brokers: Broker[] = [];

  const handler: JobHandler<typeof work, null> = async ({ job, payload: given, signal }) => {
    const run: Ran = { id: job.id, attempt: job.attempt };
    ran.push(run);
    switch (given as Doing) {
      case 'fail':
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      case 'give-up':
        throw deadLetter('not for us');
      case 'snooze':
        throw snooze(60_000);
      case 'hang':
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        run.abortedFor = (signal.reason as { readonly code?: string }).code ?? '';
        throw signal.reason;
      case 'succeed':
        return null;
    }
  };

  return {
    /** For a process of the same installation. */
    env: { LEVERET_STORE_URL: file, ...(vhost === undefined ? {} : { LEVERET_AMQP_URL: vhost.amqpUrl }) },
    /** That of RabbitMQ. */
    vhost,
    broker,
    store,
    reader,
    client,
    recorder,
    /** A recorder of another process. */
    async startRecorder() {
      const another = createRecorder({ broker, store, logger });
      await another.start();
      recorders.push(another);
    },
    control,
    ran,
    /** A worker, whose ledger is asked in this process, or as a worker elsewhere does it. */
    async startWorker(source: { readonly store?: WorkerStore } = {}) {
      const own = carrier === 'sqlite' ? broker : await openBroker();
      if (own !== broker) brokers.push(own);
      const worker = createWorker({
        broker: own,
        events: true,
        handlers: [handle(work, handler)],
        logger,
        ...source,
      });
      await worker.start();
      workers.push(worker);
      return worker;
    },
    runsOf: (id: string) => ran.filter((run) => run.id === id),
    act: (action: ControlAction, jobId: string) => control.act({ action, jobId, by: 'ann@host' }),
    async expectState(id: string, state: string): Promise<void> {
      // Tests run at the same time: `expect.poll` would not know for which of them it waits.
      await vi.waitFor(async () => expect((await reader.get(id))?.job.state).toBe(state), {
        timeout: 15_000,
      });
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await Promise.all(workers.map((worker) => worker.stop(0)));
      await control.close();
      await Promise.all(recorders.map((one) => one.stop()));
      await Promise.all([broker, ...brokers].map((one) => one.close(1_000)));
      await reader.close();
      await store.close();
      await database.close();
      await vhost?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
