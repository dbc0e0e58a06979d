import { defineJob, MAX_RUNNING_JOBS, type RunningJob, silentLogger, type WorkerLoad } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../../fixtures/broker-double.ts';
import { createStartStore } from '../../fixtures/start-store.ts';
import { handle } from '../handler/registration.ts';
import { createWorker, type WorkerStore } from '../worker.ts';
import { measureProcess } from './process-figures.ts';
import { createWorkerLoad } from './worker-load.ts';

function setUp(running: readonly RunningJob[] = []) {
  const clock = createManualClock();
  const figures = { rss: 100, cpuMs: 1_000, delayMs: 1.26 };
  const queues = [{ slots: () => ({ queue: 'q', size: 4, busy: running.length }), running: () => running }];
  const { read } = createWorkerLoad({
    queues: () => queues,
    measure: () => ({
      rssBytes: () => figures.rss,
      cpuMs: () => figures.cpuMs,
      eventLoopDelayMs: () => figures.delayMs,
      close: () => undefined,
    }),
    clock,
  });
  return { clock, figures, read };
}

function runningJob(number: number): RunningJob {
  return { jobId: `job-${number}`, kind: 'k', queue: 'q', startedAt: number };
}

test('the CPU time since the measurement before is a share of one core', async () => {
  const { clock, figures, read } = setUp();
  read();
  await clock.advance(2_500);
  figures.cpuMs += 1_250;
  const first = read();
  await clock.advance(2_000);
  figures.cpuMs += 3_000;

  expect(first).toEqual({
    rssBytes: 100,
    cpuShare: 0.5,
    eventLoopDelayMs: 1.3,
    slots: [{ queue: 'q', size: 4, busy: 0 }],
    running: [],
  });
  expect(read()).toMatchObject({ cpuShare: 1.5 });
});

test('a load is measured again after two seconds, not with every question', async () => {
  const { clock, figures, read } = setUp();
  const first = read();
  figures.rss = 200;
  await clock.advance(1_999);
  const same = read();
  await clock.advance(1);

  expect([first.cpuShare, same.rssBytes, read().rssBytes]).toEqual([0, 100, 200]);
});

test('of many jobs that run, those that started first are named', () => {
  const { read } = setUp(Array.from({ length: 100 }, (_, index) => runningJob(100 - index)));

  const { running, slots } = read();

  expect(running.map(({ startedAt }) => startedAt)).toEqual(
    Array.from({ length: MAX_RUNNING_JOBS }, (_, index) => index + 1),
  );
  expect(slots).toMatchObject([{ busy: 100 }]);
});

test('this process has memory and CPU time, and an event loop that is late when it is kept busy', async () => {
  const figures = measureProcess();
  onTestFinished(() => figures.close());
  const cpuMs = figures.cpuMs();
  // Two turns, so that measuring has begun.
  await expect.poll(() => figures.eventLoopDelayMs(), { interval: 50 }).toBeGreaterThanOrEqual(0);
  let delayMs = 0;

  await expect
    .poll(
      () => {
        delayMs = figures.eventLoopDelayMs();
        setTimeout(keepBusy, 45);
        return delayMs;
      },
      { interval: 200 },
    )
    .toBeGreaterThan(20);

  expect(figures.rssBytes()).toBeGreaterThan(1e7);
  expect(figures.cpuMs()).toBeGreaterThan(cpuMs);
  expect(delayMs).toBeLessThan(60_000);
});

function keepBusy(): void {
  for (const until = performance.now() + 60; performance.now() < until; );
}

test('a worker says which of its jobs run, since when, and how many slots are in use', async () => {
  const clock = createManualClock();
  const { broker, consumers } = createBrokerDouble();
  const { store } = createStartStore();
  const seen: (WorkerLoad | undefined)[] = [];
  const view: WorkerStore['view'] = async (request) => {
    seen.push(request.presence?.load);
    return await store.view(request);
  };
  const validate = (value: unknown) => ({ value });
  const payload = { '~standard': { version: 1 as const, vendor: 'test', validate } };
  const never = defineJob({ kind: 'k', queue: 'q', payload });
  const worker = createWorker({
    ...{ broker, clock, events: true, concurrency: 2, logger: silentLogger },
    store: { ...store, view },
    handlers: [
      handle(never, ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve))),
    ],
  });
  await worker.start();
  const startedAt = clock.now();

  consumers[0]?.onDelivery(createDelivery('a').delivery);
  await clock.advance(2_500);
  const during = seen.at(-1);
  const stopping = worker.stop(0);
  await clock.advance(10_000);
  await stopping;

  expect(seen[0]).toMatchObject({ slots: [{ queue: 'q', size: 2, busy: 0 }], running: [] });
  expect(during).toMatchObject({
    rssBytes: expect.any(Number),
    slots: [{ queue: 'q', size: 2, busy: 1 }],
    running: [{ jobId: 'a', kind: 'k', queue: 'q', startedAt }],
  });
});
