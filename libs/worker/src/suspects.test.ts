import { setImmediate } from 'node:timers/promises';
import {
  applyEvent,
  type Delivery,
  type DeliveryOrigin,
  defineJob,
  isOutcome,
  type JobEvent,
  type JobRecord,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../fixtures/broker-double.ts';
import { type HandlerRegistration, handle, handleByModule, type Isolation } from './registration.ts';
import { createSuspects, type SuspectLedger } from './suspects.ts';
import { createWorker } from './worker.ts';

const job = defineJob({
  kind: 'k',
  queue: 'q',
  payload: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
});
const module = new URL('../fixtures/handlers.ts', import.meta.url).href;

/** A ledger in memory. */
function createLedger() {
  const records = new Map<string, JobRecord>();
  const told: JobEvent[] = [];
  const ledger: SuspectLedger = {
    get: async (id) => records.get(id),
    async apply(events) {
      told.push(...events);
      for (const event of events) records.set(event.jobId, applyEvent(records.get(event.jobId), event));
    },
  };
  return { ledger, told };
}

/** A worker with two slots. What handlers in limited children would lack, those that stand in for it must have. */
async function startWorker(registration: HandlerRegistration, store?: SuspectLedger) {
  const double = createBrokerDouble();
  const worker = createWorker({
    broker: double.broker,
    handlers: [registration],
    concurrency: 2,
    ...(store === undefined ? {} : { store, events: true }),
    children: hasLimits(registration) ? { env: {} } : { env: {}, memoryBytes: 1_000_000 },
  });
  await worker.start();
  return {
    stop: () => worker.stop(0),
    deliver(
      id: string,
      over: Partial<Delivery['message']> = {},
      origin: DeliveryOrigin = 'returned',
      settle?: Delivery['settle'],
    ) {
      const { delivery, fate } = createDelivery(id, over, origin);
      double.consumers.at(-1)?.onDelivery(settle === undefined ? delivery : { ...delivery, settle });
      return fate;
    },
    [Symbol.asyncDispose]: () => worker.stop(0),
  };
}

function hasLimits(registration: HandlerRegistration): boolean {
  return 'isolation' in registration && registration.isolation === 'process';
}

const byModule = (behaviour: string, isolation: Isolation = 'inline') =>
  handleByModule(job, { module, factory: 'createFixture', options: behaviour, isolation });

/** A handler that ends when its signal aborts, and how often it began. */
function createUntilAborted() {
  let begun = 0;
  const registration = handle(job, ({ signal }) => {
    begun += 1;
    return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  return { registration, begun: () => begun };
}

/** A handler that ends when the test says so, and how often it began. */
function createSlow() {
  const ends: (() => void)[] = [];
  const registration = handle(job, () => new Promise<void>((resolve) => ends.push(resolve)));
  return { registration, begun: () => ends.length, end: (index: number) => ends[index]?.() };
}

/** The process that `echo` says it ran in. */
function pidOf(fate: ReturnType<ReturnType<typeof createDelivery>['fate']>): unknown {
  const [event] = typeof fate === 'string' ? [] : fate.settled.events;
  return event?.type === 'succeeded' ? (event.result as { pid: number }).pid : undefined;
}

const acked = { settled: { events: [] } };
const succeeded = { settled: { events: [{ type: 'succeeded' }] } };

test('a job that comes back and kills its process does so in a child, and is charged with the death of the worker before too', async () => {
  await using worker = await startWorker(byModule('dies'));

  const fate = worker.deliver('a');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'requeue', message: { attempt: 1, crashes: 2 } } } });
});

test.each(['first', 'returned'] as const)(
  'a job whose place is a child process is charged with the one death that was seen, be its delivery %s',
  async (origin) => {
    await using worker = await startWorker(byModule('dies', 'process'));

    const fate = worker.deliver('a', {}, origin);

    await expect
      .poll(fate)
      .toMatchObject({ settled: { successor: { kind: 'requeue', message: { attempt: 1, crashes: 1 } } } });
  },
);

test('suspects share a child, but for one that is charged: its child runs no other job', async () => {
  const { ledger } = createLedger();
  await using worker = await startWorker(byModule('echo'), ledger);
  const pids: unknown[] = [];

  for (const [id, crashes] of [
    ['a', 0],
    ['charged', 1],
    ['b', 0],
  ] as const) {
    const fate = worker.deliver(id, { crashes });
    await expect.poll(fate).toMatchObject(succeeded);
    pids.push(pidOf(fate()));
  }

  const [first, alone, last] = pids;
  expect(last).toBe(first);
  expect(alone).not.toBe(first);
  expect(pids).not.toContain(process.pid);
});

test('with its third death a job is given up', async () => {
  await using worker = await startWorker(byModule('dies'));

  const fate = worker.deliver('a', { crashes: 2 }, 'first');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
});

test('a job that comes back and is innocent is done, and charged with nothing', async () => {
  await using worker = await startWorker(byModule('echo'));

  const fates = ['a', 'b', 'c'].map((id) => worker.deliver(id));

  for (const fate of fates) await expect.poll(fate).toEqual(acked);
});

test('a job that comes again while it runs is not run twice, and ends as it ends', async () => {
  const slow = createSlow();
  await using worker = await startWorker(slow.registration);
  const first = worker.deliver('a', {}, 'first');
  await expect.poll(slow.begun).toBe(1);

  const again = worker.deliver('a');
  slow.end(0);

  await expect.poll(again).toEqual(acked);
  expect(first()).toEqual(acked);
  expect(slow.begun()).toBe(1);
});

test('a job that comes again while it waits here ends as that ends, and is no suspect for that', async () => {
  const slow = createSlow();
  const { ledger, told } = createLedger();
  await using worker = await startWorker(slow.registration, ledger);
  worker.deliver('a', {}, 'first');
  worker.deliver('b', {}, 'first');
  const first = worker.deliver('c', {}, 'first');
  await expect.poll(slow.begun).toBe(2);

  const again = worker.deliver('c');
  slow.end(0);
  await expect.poll(slow.begun).toBe(3);
  slow.end(1);
  slow.end(2);

  await expect.poll(again).toEqual(acked);
  expect(first()).toMatchObject(succeeded);
  expect(slow.begun()).toBe(3);
  expect(told).toEqual([]);
});

test('a job whose outcome is recorded is not run again', async () => {
  const slow = createSlow();
  const { ledger } = createLedger();
  const base = { jobId: 'a', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 5, createdAt: 0, at: 0 };
  await ledger.apply([{ ...base, type: 'succeeded', result: null }]);
  await using worker = await startWorker(slow.registration, ledger);

  const fate = worker.deliver('a');

  await expect.poll(fate).toEqual(acked);
  expect(slow.begun()).toBe(0);
});

test('a handler given as a function runs one suspect at a time, each written down before, and its end before the next one', async () => {
  const slow = createSlow();
  const { ledger, told } = createLedger();
  await using worker = await startWorker(slow.registration, {
    ...ledger,
    async apply(events) {
      // The next one, if it did not wait, would be written down meanwhile.
      if (events.some(isOutcome)) await setImmediate();
      await ledger.apply(events);
    },
  });

  const fates = [worker.deliver('a'), worker.deliver('b')];
  await expect.poll(slow.begun).toBe(1);

  expect(told).toMatchObject([{ type: 'suspected', jobId: 'a', start: 1 }]);
  slow.end(0);
  await expect.poll(slow.begun).toBe(2);
  expect(told).toMatchObject([
    { type: 'suspected', jobId: 'a' },
    { type: 'succeeded', jobId: 'a' },
    { type: 'suspected', jobId: 'b', start: 1 },
  ]);
  slow.end(1);
  for (const fate of fates) await expect.poll(fate).toMatchObject(succeeded);
});

test('suspects that wait for their turn leave the slots to jobs that are none, and are not written down when the worker stops', async () => {
  const { ledger, told } = createLedger();
  const untilAborted = createUntilAborted();
  await using worker = await startWorker(untilAborted.registration, ledger);
  worker.deliver('a');
  const waits = worker.deliver('b');
  await expect.poll(untilAborted.begun).toBe(1);

  worker.deliver('fresh', {}, 'first');
  await expect.poll(untilAborted.begun).toBe(2);
  await worker.stop();

  expect(waits()).toBe('released');
  expect(told.filter(({ jobId }) => jobId === 'b')).toEqual([]);
});

test('starts of attempts that have ended are not held against the next one, though the recorder lags', async () => {
  const { ledger } = createLedger();
  const failing = handle(job, () => Promise.reject(new Error('no')));
  await using worker = await startWorker(failing, ledger);
  for (const attempt of [1, 2])
    await expect
      .poll(worker.deliver('a', { attempt }))
      .toMatchObject({ settled: { successor: { kind: 'requeue' } } });

  const third = worker.deliver('a', { attempt: 3 });

  await expect.poll(third).toMatchObject({ settled: { successor: { kind: 'requeue' } } });
});

test('a job that workers which stop have handed back is held to be innocent, though the recorder lags', async () => {
  const { ledger } = createLedger();
  const untilAborted = createUntilAborted();

  for (let drain = 1; drain <= 3; drain += 1) {
    await using worker = await startWorker(untilAborted.registration, ledger);
    const fate = worker.deliver('a');
    await expect.poll(untilAborted.begun).toBe(drain);
    await worker.stop();
    expect(fate()).toBe('released');
  }
});

test('a job that ended in workers whose broker was away is held to be innocent when it comes back', async () => {
  const { ledger } = createLedger();
  const slow = createSlow();

  for (let drain = 1; drain <= 3; drain += 1) {
    await using worker = await startWorker(slow.registration, ledger);
    const fate = worker.deliver('a', {}, 'returned', () => Promise.reject(new Error('away')));
    await expect.poll(slow.begun).toBe(drain);
    slow.end(drain - 1);
    await worker.stop();
    expect(fate()).toBe('released');
  }
});

test('a suspect that has ended is not run again where it comes back before its outcome is recorded', async () => {
  const { ledger } = createLedger();
  const slow = createSlow();
  await using worker = await startWorker(slow.registration, ledger);
  const first = worker.deliver('a');
  await expect.poll(slow.begun).toBe(1);
  slow.end(0);
  await expect.poll(first).toMatchObject(succeeded);

  await using other = await startWorker(slow.registration, ledger);
  const again = other.deliver('a');

  await expect.poll(again).toEqual(acked);
  expect(slow.begun()).toBe(1);
});

test('a handler of the worker’s own process finds its environment, and no limits, where it is tried in a child', async () => {
  process.env['LEVERET_TEST_SUSPECT'] = 'x';
  const { ledger } = createLedger();
  await using worker = await startWorker(byModule('environment'), ledger);

  const fate = worker.deliver('a');

  await expect.poll(fate).toMatchObject({
    settled: { events: [{ result: { names: expect.arrayContaining(['LEVERET_TEST_SUSPECT']) } }] },
  });
});

test('a handler given as a function that was at work in two workers more that died is given up', async () => {
  const slow = createSlow();
  const { ledger } = createLedger();
  const base = { jobId: 'a', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 5, createdAt: 0, at: 0 };
  await ledger.apply([{ ...base, type: 'suspected', start: 2 }]);
  await using worker = await startWorker(slow.registration, ledger);

  const fate = worker.deliver('a');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
  expect(slow.begun()).toBe(0);
});

test('when the ledger cannot be used a suspect runs all the same', async () => {
  const away = async () => {
    throw new Error('away');
  };
  await using worker = await startWorker(byModule('echo'), { get: away, apply: away });

  const fate = worker.deliver('a');

  await expect.poll(fate).toMatchObject(succeeded);
});

test('a ledger that hangs when an end is to be written holds nobody up for longer than two seconds', async () => {
  const { ledger } = createLedger();
  const clock = createManualClock();
  const hanging: SuspectLedger = {
    ...ledger,
    apply: (events) =>
      events.some(({ type }) => type === 'suspected') ? ledger.apply(events) : new Promise(() => undefined),
  };
  const suspects = createSuspects({
    worker: { workerId: 'w', version: '7' },
    ledger: hanging,
    clock,
    logger: silentLogger,
  });
  const { delivery } = createDelivery('a', {}, 'returned');
  const runnable = { definition: job, execute: () => new Promise<never>(() => undefined), isInline: true };
  const verdict = await suspects.judge(delivery, runnable);
  if (verdict.kind !== 'run') throw new Error(verdict.kind);
  const notedAt = verdict.noteEnd().then(clock.monotonic);

  await clock.advance(5_000);

  expect(await notedAt).toBe(2_000);
});
