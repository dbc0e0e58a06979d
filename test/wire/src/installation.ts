import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJobClient, type JobClient } from '@leveret/client';
import {
  type Broker,
  defineJob,
  type JobDefinition,
  type JobHandler,
  type JobInfo,
  type JobRecord,
  type JobState,
  type JobStore,
  type SetAsideMessage,
} from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import { createInbox, type Inbox } from '@leveret/testing';
import { openVhost } from '@leveret/testing/rabbitmq';
import { createWorker, handle } from '@leveret/worker';
import { expect } from 'vitest';
import { createForeignClient, type ForeignClient } from './foreign.ts';

const GRACE_MS = 2_000;

/** A job that a Leveret worker has run. */
export interface RunJob {
  readonly payload: unknown;
  readonly job: JobInfo;
  /** When its handler was called, in milliseconds since 1970. */
  readonly at: number;
}

/** Leveret on a virtual host of its own, and the foreign client beside it. */
export interface Installation extends AsyncDisposable {
  readonly foreign: ForeignClient;
  readonly broker: Broker;
  readonly client: JobClient;
  /** What the ledger knows of the job. */
  record(id: string): Promise<JobRecord | undefined>;
  /** The entries of lists of events that the ledger keeps because it could not apply them, oldest first. */
  unapplied(): Promise<readonly unknown[]>;
  /** What the ledger has set aside, oldest first. */
  setAside(): Promise<readonly SetAsideMessage[]>;
  /** The job's record as soon as it is in `state`. Asked for at any time: the past counts. */
  until(id: string, state: JobState): Promise<JobRecord>;
  /** Starts a worker for `definition`; what it has run comes into the inbox. */
  startWorker(definition: JobDefinition): Promise<Inbox<RunJob>>;
}

/** A definition whose payload may be anything. */
export function defineAny(kind: string, queue: string): JobDefinition {
  const payload = {
    '~standard': { version: 1 as const, vendor: 'leveret', validate: (value: unknown) => ({ value }) },
  };
  return defineJob({ kind, queue, payload, retry: { attempts: 3, firstDelayMs: 100, maxDelayMs: 100 } });
}

/** A broker that hands no dead letters and unroutable messages to a recorder: they stay, as they do without a ledger. */
export function keepingDeadLetters(broker: Broker): Broker {
  const idle = async () => ({ stop: async () => undefined });
  return { ...broker, takeDeadLetters: idle, takeUnroutable: idle };
}

/** Opens an installation: broker, ledger, recorder and job client. @param forRecorder The broker as the recorder gets it. */
export async function openInstallation(
  forRecorder: (broker: Broker) => Broker = (broker) => broker,
): Promise<Installation> {
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const vhost = await openVhost();
    undo.push(() => vhost[Symbol.asyncDispose]());
    const folder = await mkdtemp(join(tmpdir(), 'leveret-wire-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'leveret.db');
    const database = await openSqliteDatabase({ file });
    undo.push(() => database.close());
    const reader = await openSqliteJobReader({ file });
    undo.push(() => reader.close());
    const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl] });
    undo.push(() => broker.close(GRACE_MS));
    const { store, until } = watch(createSqliteJobStore({ database }));
    const recorder = createRecorder({ broker: forRecorder(broker), store });
    undo.push(() => recorder.stop());
    await recorder.start();
    const client = createJobClient({ broker, store });
    undo.push(() => client.close());
    return {
      foreign: createForeignClient(vhost.amqpUrl),
      broker,
      client,
      record: store.get,
      async unapplied() {
        const kept = await store.unapplied.list(0, 100);
        return kept.map(({ entry }) => JSON.parse(entry) as unknown);
      },
      async setAside() {
        const listed = await reader.setAside.messages(0, 100);
        return await Promise.all(
          listed.map(async ({ seq }) => (await reader.setAside.message(seq)) ?? expect.unreachable()),
        );
      },
      until,
      startWorker: (definition) => startWorker(broker, definition, undo),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startWorker(
  broker: Broker,
  definition: JobDefinition,
  undo: (() => Promise<void>)[],
): Promise<Inbox<RunJob>> {
  const ran = createInbox<RunJob>();
  const handler: JobHandler = async ({ payload, job }) => ran.put({ payload, job, at: Date.now() });
  const worker = createWorker({ broker, handlers: [handle(definition, handler)], events: true });
  undo.push(() => worker.stop(GRACE_MS));
  await worker.start();
  return ran;
}

/** The store, and a way to wait for what it comes to know. */
function watch(store: JobStore): Pick<Installation, 'until'> & { readonly store: JobStore } {
  const listeners = new Set<() => void>();
  return {
    store: {
      ...store,
      async apply(events) {
        await store.apply(events);
        for (const listener of listeners) listener();
      },
      async keepDeadLetters(letters, at) {
        const answers = await store.keepDeadLetters(letters, at);
        for (const listener of listeners) listener();
        return answers;
      },
    },
    until: (id, state) =>
      new Promise((resolve, reject) => {
        const look = () => {
          store.get(id).then((record) => {
            if (record?.state !== state) return;
            listeners.delete(look);
            resolve(record);
          }, reject);
        };
        listeners.add(look);
        look();
      }),
  };
}
