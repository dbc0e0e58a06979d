import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJobClient, type JobClient } from '@leveret/client';
import { defineJob, sleep, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { startTcpProxy } from '@leveret/testing';
import {
  type ControlledNode,
  hasRabbitmq,
  hasServer,
  openVhost,
  startControlledNode,
} from '@leveret/testing/rabbitmq';
import { createWorker, handle } from '@leveret/worker';
import { describe, type ExpectStatic, test } from 'vitest';

/** How long accepted jobs may take until all have run, in milliseconds. */
const ALL_RUN_MS = 240_000;
/** How long after that it is waited for runs too many, in milliseconds: longer than a relay waits before it sends a job on. */
const QUIET_MS = 20_000;

const job = defineJob({
  kind: 'once.job',
  queue: 'once',
  payload: { '~standard': { version: 1, vendor: 'faults', validate: (value: unknown) => ({ value }) } },
});

describe.concurrent('jobs that are accepted while the broker is slow', () => {
  test.skipIf(!hasServer())('run once each when the broker stands still for 25 s', async ({ expect }) => {
    await using node = await startControlledNode();
    await using bench = await openBench(node);

    await node.freeze();
    const until = systemClock.monotonic() + 25_000;
    const accepted: Promise<string>[] = [];
    while (systemClock.monotonic() < until) {
      accepted.push(bench.enqueue());
      await sleep(systemClock, 20);
    }
    await node.thaw();

    await bench.expectOneRunEach(await Promise.all(accepted), expect);
  });

  test.skipIf(!hasRabbitmq())(
    'run once each when confirms are 2.4 s late and wait 20 s for their turn',
    async ({ expect }) => {
      await using bench = await openBench();
      bench.proxy.delayAnswers(2_400);

      const accepted = await Promise.all(Array.from({ length: 2_500 }, bench.enqueue));

      await bench.expectOneRunEach(accepted, expect);
    },
  );

  test.skipIf(!hasRabbitmq())('run once each when 20,000 are enqueued at once', async ({ expect }) => {
    await using bench = await openBench();

    const accepted = await Promise.all(Array.from({ length: 20_000 }, bench.enqueue));

    await bench.expectOneRunEach(accepted, expect);
  });
});

/** A producer behind a proxy, two workers and a relay in each of two clients, all with one ledger. */
async function openBench(node?: ControlledNode) {
  const vhost = await openVhost(node);
  const proxy = await startTcpProxy(vhost.amqpUrl);
  const folder = await mkdtemp(join(tmpdir(), 'leveret-once-'));
  const database = await openSqliteDatabase({ file: join(folder, 'ledger.db') });
  const store = createSqliteJobStore({ database });
  const producing = await createRabbitmqBroker({ urls: [proxy.url] });
  const brokers = await Promise.all(
    [vhost.amqpUrl, vhost.amqpUrl].map((url) => createRabbitmqBroker({ urls: [url] })),
  );
  const client = createJobClient({ broker: producing, store });
  const others: JobClient[] = brokers.map((broker) => createJobClient({ broker, store }));
  const recorders = brokers.map((broker) => createRecorder({ broker, store }));
  const runs = new Map<string, number>();
  const workers = brokers.map((broker) =>
    createWorker({
      broker,
      store,
      events: true,
      handlers: [
        handle(job, async ({ job: { id } }) => {
          runs.set(id, (runs.get(id) ?? 0) + 1);
        }),
      ],
    }),
  );
  for (const recorder of recorders) await recorder.start();
  for (const worker of workers) await worker.start();
  await client.enqueue(job, null);

  return {
    proxy,
    enqueue: async () => (await client.enqueue(job, null)).id,
    async expectOneRunEach(ids: readonly string[], expect: ExpectStatic) {
      const missing = () => ids.filter((id) => !runs.has(id)).length;
      await expect.poll(missing, { timeout: ALL_RUN_MS, interval: 500 }).toBe(0);
      await sleep(systemClock, QUIET_MS);

      expect(ids.filter((id) => runs.get(id) !== 1)).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      proxy.delayAnswers(0);
      await Promise.all([client, ...others].map((one) => one.close()));
      await Promise.all(workers.map((worker) => worker.stop(1_000)));
      await Promise.all(recorders.map((recorder) => recorder.stop()));
      await Promise.all([producing, ...brokers].map((broker) => broker.close(1_000)));
      await store.close();
      await database.close();
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
