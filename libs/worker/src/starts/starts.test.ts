import {
  type Delivery,
  type DeliveryOrigin,
  defineJob,
  NOTHING_DECIDED,
  REPEATED_HEADER,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createBus, createDelivery } from '../../fixtures/broker-double.ts';
import { createStartStore } from '../../fixtures/start-store.ts';
import { type HandlerRegistration, handle, handleByModule, type Isolation } from '../handler/registration.ts';
import { createWorker, type WorkerStore } from '../worker.ts';
import { createStarts } from './starts.ts';

const job = defineJob({
  kind: 'k',
  queue: 'q',
  payload: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
});
const module = new URL('../../fixtures/handlers.ts', import.meta.url).href;

/** A worker, with two slots unless told otherwise. What handlers in limited children would lack, those that stand in for it must have. */
async function startWorker(
  registration: HandlerRegistration,
  store?: WorkerStore,
  bus = createBus(),
  concurrency = 2,
) {
  const double = createBrokerDouble(bus);
  const worker = createWorker({
    broker: double.broker,
    handlers: [registration],
    concurrency,
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
      { returnCount, settle }: { readonly returnCount?: number; readonly settle?: Delivery['settle'] } = {},
    ) {
      const made = createDelivery(id, over, origin);
      const { fate } = made;
      const delivery = { ...made.delivery, ...(returnCount === undefined ? {} : { returnCount }) };
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

/** Of a delivery that came back twice: without a ledger it may kill its process. */
const twice = { returnCount: 2 };

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

test('a job that was started twice without a known end runs in a child, and its death there is the third', async () => {
  const { store, addOpen } = createStartStore();
  addOpen('a', 2);
  await using worker = await startWorker(byModule('dies'), store);

  const fate = worker.deliver('a');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
});

test('a job that was started once without a known end runs where it always runs', async () => {
  const { store, addOpen, openStarts } = createStartStore();
  addOpen('a', 1);
  await using worker = await startWorker(byModule('echo'), store);

  const fate = worker.deliver('a');

  await expect.poll(fate).toMatchObject(succeeded);
  expect(pidOf(fate())).toBe(process.pid);
  expect(openStarts('a')).toBe(2);
});

test('a job that came back once more than starts and releases explain was perhaps started once more: it runs in a child', async () => {
  const { store, addOpen } = createStartStore();
  addOpen('a', 1);
  await using worker = await startWorker(byModule('echo'), store);

  const fate = worker.deliver('a', {}, 'returned', twice);

  await expect.poll(fate).toMatchObject(succeeded);
  expect(pidOf(fate())).not.toBe(process.pid);
});

test('jobs that come back and were never started run where they always run, many at a time', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  await using worker = await startWorker(slow.registration, store);

  const fates = ['a', 'b'].map((id) => worker.deliver(id, {}, 'returned', { returnCount: 7 }));
  await expect.poll(slow.begun).toBe(2);
  slow.end(0);
  slow.end(1);

  for (const fate of fates) await expect.poll(fate).toMatchObject(succeeded);
});

test('without a ledger a job that came back twice runs in a child, and its death there is the third', async () => {
  await using worker = await startWorker(byModule('dies'));

  const fate = worker.deliver('a', {}, 'returned', twice);

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
});

test('without a ledger a handler given as a function is dead-lettered when its job has come back eleven times', async () => {
  const slow = createSlow();
  await using worker = await startWorker(slow.registration);

  const last = worker.deliver('a', {}, 'returned', { returnCount: 10 });
  await expect.poll(slow.begun).toBe(1);
  slow.end(0);
  await expect.poll(last).toEqual(acked);
  const tooOften = worker.deliver('b', {}, 'returned', { returnCount: 11 });

  await expect
    .poll(tooOften)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
  expect(slow.begun()).toBe(1);
});

test('candidates share a child, but for one that is charged: its child runs no other job', async () => {
  const { store, addOpen } = createStartStore();
  await using worker = await startWorker(byModule('echo'), store);
  const pids: unknown[] = [];

  for (const [id, crashes] of [
    ['a', 0],
    ['charged', 1],
    ['b', 0],
  ] as const) {
    addOpen(id, 2);
    const fate = worker.deliver(id, { crashes });
    await expect.poll(fate).toMatchObject(succeeded);
    pids.push(pidOf(fate()));
  }

  const [first, alone, last] = pids;
  expect(last).toBe(first);
  expect(alone).not.toBe(first);
  expect(pids).not.toContain(process.pid);
});

test('with its third death a job is dead-lettered', async () => {
  await using worker = await startWorker(byModule('dies'));

  const fate = worker.deliver('a', { crashes: 2 }, 'first');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
});

test('a job that comes again while it runs is not run twice, and ends as it ends', async () => {
  const slow = createSlow();
  await using worker = await startWorker(slow.registration);
  const first = worker.deliver('a', {}, 'first');
  await expect.poll(slow.begun).toBe(1);

  const again = worker.deliver('a');
  const copy = worker.deliver('a', {}, 'resent');
  slow.end(0);

  for (const fate of [again, copy]) await expect.poll(fate).toEqual(acked);
  expect(first()).toEqual(acked);
  expect(slow.begun()).toBe(1);
});

test('a job that comes again while it waits here ends as that ends, and its start is not asked for', async () => {
  const slow = createSlow();
  const { store, openStarts } = createStartStore();
  await using worker = await startWorker(slow.registration, store);
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
  expect(openStarts('c')).toBe(0);
});

test.each(['returned', 'resent'] as const)(
  'a job whose outcome is recorded is acknowledged without a run where its delivery is %s',
  async (origin) => {
    const slow = createSlow();
    const { store, settle } = createStartStore();
    settle('a');
    await using worker = await startWorker(slow.registration, store);

    const fate = worker.deliver('a', {}, origin);

    await expect.poll(fate).toEqual(acked);
    expect(slow.begun()).toBe(0);
  },
);

test('a job that a worker runs which was only cut off is deferred, marked and uncharged, however often it comes', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  await using worker = await startWorker(slow.registration, store);
  await using other = await startWorker(slow.registration, store);
  const first = worker.deliver('a');
  await expect.poll(slow.begun).toBe(1);

  for (let cut = 1; cut <= 10; cut += 1) {
    const again = other.deliver('a', {}, 'returned', { returnCount: cut });
    await expect.poll(again).toMatchObject({
      settled: {
        successor: { kind: 'requeue', isResent: true, message: { attempt: 1, crashes: 0, heldMs: 0 } },
        events: [],
      },
    });
  }
  slow.end(0);

  await expect.poll(first).toMatchObject(succeeded);
  expect(slow.begun()).toBe(1);
});

test('a deferred job that comes again before its deferral is confirmed is released: nothing else may be left of it', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  await using worker = await startWorker(slow.registration, store);
  await using other = await startWorker(slow.registration, store);
  worker.deliver('a');
  await expect.poll(slow.begun).toBe(1);
  const deferrals: (() => void)[] = [];
  const settle = () => new Promise<void>((resolve) => deferrals.push(resolve));
  other.deliver('a', {}, 'returned', { settle });
  await expect.poll(() => deferrals.length).toBe(1);

  const again = other.deliver('a', {}, 'resent');
  deferrals[0]?.();

  await expect.poll(again).toBe('released');
  slow.end(0);
});

test('a copy of a job whose start nobody has recorded yet is deferred: the worker that runs it hears of the copy', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  const bus = createBus();
  await using worker = await startWorker(slow.registration, store, bus);
  await using other = await startWorker(slow.registration, store, bus);
  const original = worker.deliver('a', {}, 'first');
  await expect.poll(slow.begun).toBe(1);

  const copy = other.deliver('a', {}, 'resent');

  await expect.poll(copy).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  slow.end(0);
  await expect.poll(original).toMatchObject(succeeded);
  expect(slow.begun()).toBe(1);
});

test('an original that waits where another worker starts its copy is looked up, and does not start', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  const bus = createBus();
  await using worker = await startWorker(slow.registration, store, bus);
  await using other = await startWorker(slow.registration, store, bus);
  for (const id of ['x', 'y']) worker.deliver(id, {}, 'first');
  const original = worker.deliver('a', {}, 'first');
  await expect.poll(slow.begun).toBe(2);
  const copy = other.deliver('a', {}, 'resent');
  await expect.poll(slow.begun).toBe(3);

  slow.end(0);

  await expect.poll(original).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  for (const index of [1, 2]) slow.end(index);
  await expect.poll(copy).toMatchObject(succeeded);
  expect(slow.begun()).toBe(3);
});

test('an original that comes while its copy is in hand here is not run, and ends as the copy ends', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  await using worker = await startWorker(slow.registration, store);
  const copy = worker.deliver('a', {}, 'resent');
  const whileCopyWaits = worker.deliver('a', {}, 'first');
  await expect.poll(slow.begun).toBe(1);
  const whileCopyRuns = worker.deliver('a', {}, 'first');

  slow.end(0);

  await expect.poll(copy).toMatchObject(succeeded);
  for (const original of [whileCopyWaits, whileCopyRuns]) await expect.poll(original).toEqual(acked);
  expect(slow.begun()).toBe(1);
});

test('a job that was settled a moment ago elsewhere is deferred: its outcome is about to be recorded', async () => {
  const { store } = createStartStore();
  const slow = createSlow();
  await using worker = await startWorker(slow.registration, store);
  const first = worker.deliver('a');
  await expect.poll(slow.begun).toBe(1);
  slow.end(0);
  await expect.poll(first).toMatchObject(succeeded);

  await using other = await startWorker(slow.registration, store);
  const again = other.deliver('a');

  await expect.poll(again).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  expect(slow.begun()).toBe(1);
});

test('the ledger is asked about jobs that wait for a slot, and their starts are recorded before they are made', async () => {
  const slow = createSlow();
  const { store, openStarts } = createStartStore();
  const asked: string[] = [];
  const begin: WorkerStore['begin'] = (requests) => {
    asked.push(requests.map(({ jobId, isAhead = false }) => (isAhead ? `${jobId} ahead` : jobId)).join());
    return store.begin(requests);
  };
  await using worker = await startWorker(slow.registration, { ...store, begin });

  const fates = ['a', 'b', 'c'].map((id) => worker.deliver(id));
  await expect.poll(slow.begun).toBe(2);
  expect(openStarts('c')).toBe(0);
  slow.end(0);
  await expect.poll(slow.begun).toBe(3);

  expect(asked).toEqual(['a,b', 'c ahead', 'c']);
  expect(openStarts('c')).toBe(1);
  for (const index of [1, 2]) slow.end(index);
  for (const fate of fates) await expect.poll(fate).toMatchObject(succeeded);
});

test('a job that another worker may have started since it was asked about in advance is looked up when it starts', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  const bus = createBus();
  await using worker = await startWorker(slow.registration, store, bus);
  await using other = await startWorker(slow.registration, store, bus);
  for (const id of ['x', 'y']) worker.deliver(id, {}, 'first');
  const original = worker.deliver('a');
  await expect.poll(slow.begun).toBe(2);
  const copy = other.deliver('a', {}, 'resent');
  await expect.poll(slow.begun).toBe(3);

  slow.end(0);

  await expect.poll(original).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  for (const index of [1, 2]) slow.end(index);
  await expect.poll(copy).toMatchObject(succeeded);
});

test('without a ledger half as many candidates run at the same time with each return, and others run next to them', async () => {
  const slow = createSlow();
  await using worker = await startWorker(slow.registration, undefined, createBus(), 8);

  const fates = ['a', 'b', 'c', 'd', 'e'].map((id) => worker.deliver(id, {}, 'returned', twice));
  fates.push(worker.deliver('fresh', {}, 'first'));
  await expect.poll(slow.begun).toBe(5);
  expect(fates[4]?.()).toBe('open');
  // The fresh one began first: nothing had to be decided.
  slow.end(1);
  await expect.poll(slow.begun).toBe(6);

  for (const index of [0, 2, 3, 4, 5]) slow.end(index);
  for (const fate of fates) await expect.poll(fate).toEqual(acked);
});

test('without a ledger one job is dead-lettered for its returns, and those that came back with it run', async () => {
  const slow = createSlow();
  await using worker = await startWorker(slow.registration);
  const eleven = { returnCount: 11 };

  const fates = ['killer', 'b'].map((id) => worker.deliver(id, {}, 'returned', eleven));
  await expect
    .poll(() => fates[0]?.())
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
  await expect.poll(slow.begun).toBe(1);
  slow.end(0);

  await expect.poll(() => fates[1]?.()).toEqual(acked);
});

test('a candidate whose handler is a function runs when no other job is at work, and nothing starts beside it at first', async () => {
  const slow = createSlow();
  const { store, addOpen } = createStartStore();
  addOpen('a', 2);
  await using worker = await startWorker(slow.registration, store);
  const fates = [worker.deliver('a'), worker.deliver('b'), worker.deliver('c')];
  await expect.poll(slow.begun).toBe(2);

  slow.end(0);
  slow.end(1);
  await expect.poll(slow.begun).toBe(3);
  fates.push(worker.deliver('d', {}, 'first'));

  expect(fates.map((fate) => fate())).toMatchObject(['open', succeeded, succeeded, 'open']);
  expect(slow.begun()).toBe(3);
  slow.end(2);
  await expect.poll(slow.begun).toBe(4);
  slow.end(3);
  for (const fate of fates) await expect.poll(fate).toMatchObject(succeeded);
});

test('candidates that wait for their turn are released without a count when the worker stops', async () => {
  const { store, addOpen, openStarts } = createStartStore();
  const untilAborted = createUntilAborted();
  addOpen('b', 2);
  await using worker = await startWorker(untilAborted.registration, store);
  worker.deliver('a');
  await expect.poll(untilAborted.begun).toBe(1);
  const waits = worker.deliver('b');

  await worker.stop();

  expect(waits()).toBe('released');
  expect(openStarts('b')).toBe(2);
});

test('starts of attempts that have ended are not held against the next one, though the recorder lags', async () => {
  const { store } = createStartStore();
  const failing = handle(job, () => Promise.reject(new Error('no')));
  await using worker = await startWorker(failing, store);

  for (const attempt of [1, 2, 3])
    await expect
      .poll(worker.deliver('a', { attempt }))
      .toMatchObject({ settled: { successor: { kind: 'requeue', message: { attempt: attempt + 1 } } } });
});

test('nothing counts against a job that stopping workers have released', async () => {
  const { store, openStarts } = createStartStore();
  const untilAborted = createUntilAborted();

  for (let drain = 1; drain <= 4; drain += 1) {
    await using worker = await startWorker(untilAborted.registration, store);
    const fate = worker.deliver('a', {}, 'returned', { returnCount: drain });
    await expect.poll(untilAborted.begun).toBe(drain);
    await worker.stop();
    expect(fate()).toBe('released');
  }

  expect(openStarts('a')).toBe(0);
});

test('nothing counts against a job that ended in workers whose broker was away', async () => {
  const { store } = createStartStore();
  const slow = createSlow();

  for (let drain = 1; drain <= 4; drain += 1) {
    await using worker = await startWorker(slow.registration, store);
    const settle = () => Promise.reject(new Error('away'));
    const fate = worker.deliver('a', {}, 'returned', { settle });
    await expect.poll(slow.begun).toBe(drain);
    slow.end(drain - 1);
    await worker.stop();
    expect(fate()).toBe('released');
  }
});

test('a handler of the worker’s own process finds its environment, and no limits, where it runs in a child', async () => {
  process.env['LEVERET_TEST_SUSPECT'] = 'x';
  const { store, addOpen } = createStartStore();
  addOpen('a', 2);
  await using worker = await startWorker(byModule('environment'), store);

  const fate = worker.deliver('a');

  await expect.poll(fate).toMatchObject({
    settled: { events: [{ result: { names: expect.arrayContaining(['LEVERET_TEST_SUSPECT']) } }] },
  });
});

test('a handler given as a function that was at work in three workers that are gone is dead-lettered', async () => {
  const slow = createSlow();
  const { store, addOpen } = createStartStore();
  addOpen('a', 3);
  await using worker = await startWorker(slow.registration, store);

  const fate = worker.deliver('a');

  await expect
    .poll(fate)
    .toMatchObject({ settled: { successor: { kind: 'dead-letter', failure: { code: 'WORKER_CRASHED' } } } });
  expect(slow.begun()).toBe(0);
});

test('a job is not dead-lettered while a worker that started it lately may only be cut off: it is deferred', async () => {
  const slow = createSlow();
  const { store, addOpen } = createStartStore();
  addOpen('a', 3, 1_000);
  await using worker = await startWorker(slow.registration, store);

  const fate = worker.deliver('a');

  await expect.poll(fate).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  expect(slow.begun()).toBe(0);
});

test('a start that is not made for how often the job was started is not recorded', async () => {
  const { store, addOpen, openStarts } = createStartStore();
  addOpen('a', 3, 1_000);
  await using worker = await startWorker(createSlow().registration, store);

  const fate = worker.deliver('a', { crashes: 1 });

  await expect.poll(fate).toMatchObject({ settled: { successor: { kind: 'requeue', isResent: true } } });
  expect(openStarts('a')).toBe(3);
});

test('when the ledger cannot be used a job that comes again runs all the same, and one line of the log says so', async () => {
  const away = async () => {
    throw new Error('away');
  };
  await using worker = await startWorker(byModule('echo'), {
    ...createStartStore().store,
    begin: away,
    noteEnds: away,
  });

  const fates = ['a', 'b'].map((id) => worker.deliver(id));

  for (const fate of fates) await expect.poll(fate).toMatchObject(succeeded);
});

test('a ledger that hangs when an end is to be recorded holds nobody up for longer than two seconds', async () => {
  const clock = createManualClock();
  const hang = () => new Promise<never>(() => undefined);
  const ledger = { begin: hang, noteEnds: hang };
  const starts = createStarts({ ledger, instanceId: 'w', concurrency: 2, clock, logger: silentLogger });
  const { delivery } = createDelivery('a', {}, 'returned');
  const notedAt = starts.noteEnds([delivery.message]).then(clock.monotonic);

  await clock.advance(5_000);

  expect(await notedAt).toBe(2_000);
});

test('a superseded message is acknowledged, and reported as gone only if no earlier one may still come', async () => {
  const slow = createSlow();
  const { store } = createStartStore();
  const superseded = ['a', 'b', 'c', 'd'].map((jobId) => ({ jobId, generation: 0 }));
  const view: WorkerStore['view'] = async () => ({
    ...NOTHING_DECIDED,
    superseded,
    supersededCount: superseded.length,
  });
  await using worker = await startWorker(slow.registration, { ...store, view });

  const fates = [
    worker.deliver('a', {}, 'first'),
    worker.deliver('b', { attempt: 2, headers: { [REPEATED_HEADER]: '1' } }, 'first'),
    worker.deliver('c', {}, 'returned'),
    worker.deliver('d', {}, 'resent'),
  ];

  await expect
    .poll(() => fates.map((fate) => fate()))
    .toMatchObject([{ settled: { events: [{ type: 'superseded', jobId: 'a' }] } }, acked, acked, acked]);
  expect(slow.begun()).toBe(0);
});

test('what follows a repeated message is looked up like that: it does not run when its attempt is settled', async () => {
  const slow = createSlow();
  const { store, settle } = createStartStore();
  settle('a', 2);
  await using worker = await startWorker(slow.registration, store);
  const marked = { attempt: 2, headers: { [REPEATED_HEADER]: '1' } };

  const fate = worker.deliver('a', marked, 'first');
  worker.deliver('b', marked, 'first');

  await expect.poll(fate).toEqual(acked);
  await expect.poll(slow.begun).toBe(1);
  slow.end(0);
});
