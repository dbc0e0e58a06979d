import { defineJob, silentLogger } from '@leveret/core';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../../fixtures/broker-double.ts';
import { createStartStore } from '../../fixtures/start-store.ts';
import { handle } from '../handler/registration.ts';
import { createWorker, type WorkerOptions } from '../worker.ts';

const job = defineJob({
  kind: 'k',
  queue: 'q',
  payload: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
});

/** A worker with one slot, whose handler ends when the test says so. */
async function startWorker(options: Partial<WorkerOptions> = {}) {
  const double = createBrokerDouble();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const registration = handle(job, ({ job: { id }, signal }) => {
    begun.push(id);
    return new Promise<void>((resolve) => {
      ends.set(id, resolve);
      signal.addEventListener('abort', () => resolve());
    });
  });
  const worker = createWorker({
    broker: double.broker,
    handlers: [registration],
    concurrency: 1,
    logger: silentLogger,
    ...options,
  });
  await worker.start();
  return {
    begun,
    end: (id: string) => ends.get(id)?.(),
    deliver(...how: Parameters<typeof createDelivery>) {
      const made = createDelivery(...how);
      double.consumers.at(-1)?.onDelivery(made.delivery);
      return made;
    },
    [Symbol.asyncDispose]: () => worker.stop(0),
  };
}

test('a job whose connection is lost before it starts is not started: it comes again, perhaps elsewhere', async () => {
  await using worker = await startWorker();
  worker.deliver('running');
  const lost = worker.deliver('lost');
  worker.deliver('next');

  lost.lose();
  worker.end('running');

  await expect.poll(() => worker.begun).toEqual(['running', 'next']);
  expect(lost.fate()).toBe('released');
});

test('a job that came again meanwhile is started, once', async () => {
  await using worker = await startWorker();
  worker.deliver('running');
  const lost = worker.deliver('again');
  lost.lose();
  const again = worker.deliver('again', {}, 'returned');
  worker.deliver('next');

  worker.end('running');
  await expect.poll(() => worker.begun).toEqual(['running', 'again']);
  worker.end('again');

  await expect.poll(() => worker.begun).toEqual(['running', 'again', 'next']);
  expect(again.fate()).toMatchObject({ settled: {} });
});

test('a job whose connection is lost while the ledger is asked about it is not started, and the ledger is told that it has ended', async () => {
  const { store, addOpen, openStarts } = createStartStore();
  addOpen('a', 1);
  let answer: () => void = () => undefined;
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const slow: typeof store = {
    ...store,
    async begin(...asked) {
      await mayAnswer;
      return await store.begin(...asked);
    },
  };
  await using worker = await startWorker({ store: slow, events: true });
  const lost = worker.deliver('a', {}, 'returned');

  lost.lose();
  answer();

  await expect.poll(lost.fate).toBe('released');
  expect(worker.begun).toEqual([]);
  expect(openStarts('a')).toBe(1);
});
