import { AsyncLocalStorage } from 'node:async_hooks';
import { defineJob, type JobDefinition } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../fixtures/broker-double.ts';
import { handle } from './handler/registration.ts';
import { createWorker } from './worker.ts';

const tenant = new AsyncLocalStorage<string>();

type Validate = JobDefinition['payload']['~standard']['validate'];

/** A worker that was created for the tenant "own", and is started for another; `done` resolves when so many jobs have run. */
async function startWorker(
  jobCount: number,
  handler: (id: string) => Promise<void> | void,
  validate?: Validate,
) {
  let left = jobCount;
  let noteDone: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    noteDone = resolve;
  });
  const { broker, consumers } = createBrokerDouble();
  const schema = { version: 1 as const, vendor: 'test', validate: validate ?? ((value) => ({ value })) };
  const definition = defineJob({ kind: 'k', queue: 'q', payload: { '~standard': schema } });
  const handlers = [
    handle(definition, async ({ job }) => {
      await handler(job.id);
      left -= 1;
      if (left === 0) noteDone();
    }),
  ];
  const worker = tenant.run('own', () =>
    createWorker({ broker, handlers, concurrency: 2, clock: createManualClock() }),
  );
  await tenant.run('starter', () => worker.start());
  return {
    worker,
    done,
    /** A delivery that comes while the tenant `by` is at work. */
    deliver(id: string, by: string) {
      tenant.run(by, () => consumers.at(-1)?.onDelivery(createDelivery(id).delivery));
    },
  };
}

test('handlers run in the async context that the worker was created in, whatever brought them their job', async () => {
  const seen: unknown[] = [];
  const { worker, done, deliver } = await startWorker(3, async (id) => {
    seen.push([id, tenant.getStore()]);
    await Promise.resolve();
    seen.push([id, tenant.getStore()]);
  });

  // Two begin at once, the third when the first has ended.
  for (const id of ['a', 'b', 'c']) deliver(id, `tenant of ${id}`);
  await done;
  await worker.stop(0);

  expect(seen).toHaveLength(6);
  expect(seen.map((entry) => (entry as unknown[])[1])).toEqual(Array.from({ length: 6 }, () => 'own'));
});

test('what a handler enters is not seen by the next', async () => {
  const seen: unknown[] = [];
  const { worker, done, deliver } = await startWorker(4, (id) => {
    seen.push(tenant.getStore());
    tenant.enterWith(`handler of ${id}`);
  });

  for (const id of ['a', 'b', 'c', 'd']) deliver(id, 'somebody');
  await done;
  await worker.stop(0);

  expect(seen).toEqual(['own', 'own', 'own', 'own']);
});

test('schemas run there too, also those that take their time', async () => {
  const seen: unknown[] = [];
  const { worker, done, deliver } = await startWorker(
    1,
    () => void seen.push(tenant.getStore()),
    async (value) => {
      seen.push(tenant.getStore());
      return { value };
    },
  );

  deliver('a', 'somebody');
  await done;
  await worker.stop(0);

  expect(seen).toEqual(['own', 'own']);
});
