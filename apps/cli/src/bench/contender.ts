import { createJobClient, type JobClient } from '@leveret/client';
import {
  type Broker,
  defineJob,
  exponentialBackoff,
  type JobStore,
  type Json,
  LEDGER_ADDRESS,
  NOTHING_DECIDED,
  sleep,
  systemClock,
} from '@leveret/core';
import { createRecorder, type Recorder } from '@leveret/recorder';
import { createWorker, handle } from '@leveret/worker';
import type { Subject } from './subject.ts';

/** Leveret, doing the work that is measured. */
export interface Contender {
  enqueue(): Promise<void>;
  /** Enqueues `count` jobs by `enqueueMany`. */
  enqueueMany(count: number): Promise<void>;
  /** Does the `count` jobs that wait, `concurrency` at a time; resolves when the last is acknowledged. */
  drain(count: number, concurrency: number): Promise<void>;
  /** Calls `onStart` whenever a job starts, until the returned function is called. */
  listen(onStart: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** What a benchmark job carries: 300 bytes of JSON. */
export const BENCH_PAYLOAD = { text: 'x'.repeat(289) };

/** A schema that lets everything pass, so that the framework is measured and not a validator. */
const anything = {
  '~standard': { version: 1 as const, vendor: 'leveret', validate: (value: unknown) => ({ value }) },
};

const STOP_GRACE_MS = 10_000;
const CLOSE_GRACE_MS = 5_000;
/** When no more events come for so long, in milliseconds, there are none left. */
const QUIET_MS = 1_000;

/** How much of Leveret is at work: all of it, everything but the ledger, or neither ledger nor events. */
export type BenchMode = 'ledger' | 'events' | 'direct';

/** Opens Leveret on `subject`. */
export async function openContender(
  subject: Pick<Subject, 'openBroker' | 'openStore'>,
  queue: string,
  mode: BenchMode,
): Promise<Contender> {
  const broker = await subject.openBroker();
  await broker.declare([queue]);
  const store = mode === 'ledger' ? await subject.openStore(broker) : undefined;
  const recorder = store && createRecorder({ broker, store });
  await recorder?.start();
  // Workers that tell events start jobs only while a ledger says that nobody has decided against them.
  if (mode === 'events')
    await broker.live.answer(LEDGER_ADDRESS, async () => ({ ...NOTHING_DECIDED }) as unknown as Json);
  const client = createJobClient({ broker, ...(store === undefined ? {} : { store }) });
  return {
    ...createWork({ broker, client, queue, events: mode !== 'direct' }),
    async close() {
      if (mode === 'events') await dropEvents(broker);
      await closeAll({ broker, store, recorder, client });
    },
  };
}

/** Nobody recorded what was told: the server is left as it was found. */
async function dropEvents(broker: Broker): Promise<void> {
  let lastAt = systemClock.monotonic();
  const dropping = await broker.recordEvents(async () => {
    lastAt = systemClock.monotonic();
  });
  while (systemClock.monotonic() - lastAt < QUIET_MS) await sleep(systemClock, QUIET_MS / 4);
  await dropping.stop();
}

interface WorkOptions {
  readonly broker: Broker;
  readonly client: JobClient;
  readonly queue: string;
  readonly events: boolean;
}

function createWork({ broker, client, queue, events }: WorkOptions): Omit<Contender, 'close'> {
  const job = defineJob({
    kind: 'bench',
    queue,
    payload: anything,
    retry: exponentialBackoff({ attempts: 3, firstDelayMs: 1_000, maxDelayMs: 1_000 }),
  });
  const startWorker = async (concurrency: number, onStart: () => void) => {
    const worker = createWorker({
      broker,
      events,
      concurrency,
      handlers: [handle(job, async () => onStart())],
    });
    await worker.start();
    return worker;
  };
  return {
    enqueue: async () => {
      await client.enqueue(job, BENCH_PAYLOAD);
    },
    enqueueMany: async (count) => {
      await client.enqueueMany(job, Array<unknown>(count).fill(BENCH_PAYLOAD));
    },
    async drain(count, concurrency) {
      let left = count;
      let finish: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const worker = await startWorker(concurrency, () => {
        left -= 1;
        if (left === 0) finish();
      });
      await finished;
      await worker.stop(STOP_GRACE_MS);
    },
    async listen(onStart) {
      const worker = await startWorker(1, onStart);
      return () => worker.stop(STOP_GRACE_MS);
    },
  };
}

interface Opened {
  readonly broker: Broker;
  readonly store: JobStore | undefined;
  readonly recorder: Recorder | undefined;
  readonly client: JobClient;
}

async function closeAll({ broker, store, recorder, client }: Opened): Promise<void> {
  await client.close();
  await recorder?.stop();
  await broker.close(CLOSE_GRACE_MS);
  await store?.close();
}
