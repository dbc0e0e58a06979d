import { createJobClient, type EnqueueOptions } from '@leveret/client';
import { createClosingSteps } from '@leveret/config';
import { defineJob, type JobContext, type JobHandler, type Json, silentLogger } from '@leveret/core';
import type { Installation } from '@leveret/e2e';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { createInbox } from '@leveret/testing';
import { createWorker, handle } from '@leveret/worker';
import * as z from 'zod';

const DAY_MS = 86_400_000;
const CLOSE_MS = 1_000;

/** A kind of job that runs until the test ends it. Its retries wait for a day: they run when somebody says so. */
const buildReport = defineJob({
  kind: 'report.build',
  queue: 'reports',
  payload: z.strictObject({ title: z.string(), token: z.string() }),
  retry: { attempts: 2, firstDelayMs: DAY_MS, maxDelayMs: DAY_MS },
  redact: ['token'],
});
type ReportPayload = z.infer<typeof buildReport.payload>;

/** A kind of the same queue that no worker has a handler for. */
const printReport = defineJob({ kind: 'report.print', queue: 'reports', payload: z.strictObject({}) });
/** A kind of a queue that no worker consumes. */
const faxReport = defineJob({ kind: 'report.fax', queue: 'fax', payload: z.strictObject({}) });

/** An attempt of a report that runs. */
export interface ReportRun extends Pick<JobContext<ReportPayload>, 'job' | 'log' | 'progress' | 'signal'> {
  finish(result: Json): void;
  fail(error: Error): void;
  /** Enqueues another report. @returns Its id. */
  enqueueChild(key: string): Promise<string>;
}

/** An application of one's own next to the others: it enqueues reports and runs them, as the test says. */
export interface Reports extends AsyncDisposable {
  /** @returns The ids of so many jobs. */
  enqueue(count: number, options?: Pick<EnqueueOptions, 'delayMs' | 'tags'>): Promise<readonly string[]>;
  /** Enqueues a job that no worker can run. @returns Its id. */
  enqueueUnknown(what: 'kind' | 'queue'): Promise<string>;
  /** The next run that starts, or has started and was not asked for. */
  nextRun(): Promise<ReportRun>;
}

/** Starts it. */
export async function openReports({ dataDir, amqpUrl }: Installation): Promise<Reports> {
  const logger = silentLogger;
  const closing = createClosingSteps();
  const runs = createInbox<ReportRun>();
  const handler: JobHandler<typeof buildReport, Json> = (context) =>
    new Promise((finish, fail) => {
      context.signal.addEventListener('abort', () => fail(context.signal.reason));
      const enqueueChild = (key: string) =>
        context.enqueue(buildReport, { title: key, token: 'a secret' }, { key });
      runs.put({ ...context, finish, fail, enqueueChild });
    });
  return await closing.attempt(async () => {
    const database = await openSqliteDatabase({ file: `${dataDir}/leveret.db`, logger });
    closing.add(() => database.close());
    const store = createSqliteJobStore({ database });
    closing.add(() => store.close());
    const broker = await createRabbitmqBroker({ urls: [amqpUrl], logger });
    closing.add(() => broker.close(CLOSE_MS));
    await broker.declare([buildReport.queue, faxReport.queue]);
    const client = createJobClient({ broker, store, logger });
    closing.add(() => client.close());
    const handlers = [handle(buildReport, handler)];
    const worker = createWorker({ broker, client, handlers, events: true, workerId: 'reports-1', logger });
    await worker.start();
    closing.add(() => worker.stop(0));
    return {
      async enqueue(count, options = {}) {
        const payloads = Array.from({ length: count }, (_, index) => ({
          title: `Report ${index + 1}`,
          token: 'a secret',
        }));
        const receipts = await client.enqueueMany(buildReport, payloads, options);
        return receipts.map(({ id }) => id);
      },
      enqueueUnknown: async (what) =>
        (await client.enqueue(what === 'kind' ? printReport : faxReport, {})).id,
      nextRun: runs.next,
      [Symbol.asyncDispose]: closing.run,
    };
  });
}
