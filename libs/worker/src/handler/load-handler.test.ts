import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJob, type Json } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../../fixtures/broker-double.ts';
import { createWorker } from '../worker.ts';
import { LOAD_TIMEOUT_MS } from './load-handler.ts';
import { handleByModule, type Isolation } from './registration.ts';

const ISOLATIONS: readonly Isolation[] = ['inline', 'process'];

const job = defineJob({
  kind: 'k',
  queue: 'q',
  payload: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  retry: { attempts: 1, firstDelayMs: 0 },
});

function setUp(factory: string, isolation: Isolation, options: Json = null) {
  const module = new URL('../../fixtures/handlers.ts', import.meta.url);
  const clock = createManualClock();
  const double = createBrokerDouble();
  const handlers = [handleByModule(job, { module, factory, options, isolation })];
  const worker = createWorker({ broker: double.broker, clock, handlers });
  onTestFinished(() => worker.stop(0));
  return { worker, clock, consumers: double.consumers };
}

test.each(ISOLATIONS)(
  'a worker whose handler cannot be loaded does not start: isolation %s',
  async (isolation) => {
    const { worker, consumers } = setUp('createFixtures', isolation);

    await expect(worker.start()).rejects.toMatchObject({
      code: 'HANDLER_NOT_LOADED',
      message: expect.stringMatching(
        /^the handler "createFixtures" of file:.*handlers\.ts cannot be loaded: /,
      ),
      cause: {
        name: 'TypeError',
        message: expect.stringContaining('does not export a function "createFixtures"'),
        stack: expect.stringContaining('load-handler.ts'),
      },
    });
    expect(consumers).toEqual([]);
  },
);

test.each(ISOLATIONS)(
  'a worker whose handler does not end loading does not start: isolation %s',
  async (isolation) => {
    const { worker, clock } = setUp('createNever', isolation);

    const refused = expect(worker.start()).rejects.toThrow('it was not loaded within 60000 ms');
    await clock.advance(LOAD_TIMEOUT_MS);

    await refused;
  },
);

test('a worker can be stopped while a child loads a handler', async () => {
  const { worker } = setUp('createNever', 'process');

  const starting = worker.start();
  await worker.stop(60_000);

  await expect(starting).resolves.toBeUndefined();
});

test('a handler that cannot be loaded any more costs its jobs nothing: they are held, like those of an unknown kind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { worker, consumers } = setUp('createOnce', 'process', join(folder, 'mark'));
  await worker.start();
  const killer = createDelivery('killer');
  consumers[0]?.onDelivery(killer.delivery);
  await expect
    .poll(killer.fate)
    .toMatchObject({ settled: { successor: { kind: 'requeue', message: { crashes: 1 } } } });

  const next = createDelivery('next');
  consumers[0]?.onDelivery(next.delivery);

  await expect.poll(next.fate).toMatchObject({
    settled: {
      successor: { kind: 'requeue', message: { attempt: 1, crashes: 0, heldMs: 5_000 }, delayMs: 5_000 },
    },
  });
});
