import { hostname } from 'node:os';
import { defineJob, type JobDefinition, type JobInfo, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../fixtures/broker-double.ts';
import { ABORT_GRACE_MS } from './attempt/attempt.ts';
import { handle } from './handler/registration.ts';
import { createWorker, type WorkerOptions } from './worker.ts';

type Validate = JobDefinition['payload']['~standard']['validate'];

/** A job whose schema does as `validate` says. */
function jobOf(
  validate: Validate = (value) => ({ value }),
  over: Partial<Pick<JobDefinition, 'kind' | 'queue' | 'priority'>> = {},
) {
  const payload = { '~standard': { version: 1 as const, vendor: 'test', validate } };
  return defineJob({ kind: 'k', queue: 'q', payload, timeoutMs: 1_000, ...over });
}

function setUp(handlers: WorkerOptions['handlers'], options: Partial<WorkerOptions> = {}) {
  const clock = createManualClock();
  const double = createBrokerDouble();
  const worker = createWorker({ broker: double.broker, clock, handlers, logger: silentLogger, ...options });
  const deliver = (id: string, over: Parameters<typeof createDelivery>[1] = {}) => {
    const { delivery, fate } = createDelivery(id, over);
    double.consumers.at(-1)?.onDelivery(delivery);
    return fate;
  };
  return { ...double, clock, worker, deliver };
}

/** Something that a test lets happen. */
function createGate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const acked = { settled: { events: [] } };

test('a handler may pass on a copy of what it is given', async () => {
  const gate = createGate();
  let copy: object = {};
  const { worker, deliver } = setUp([
    handle(jobOf(), async (context) => {
      copy = { ...context };
      gate.open();
    }),
  ]);
  await worker.start();

  deliver('a');
  await gate.opened;

  expect(copy).toMatchObject({ signal: expect.any(AbortSignal), log: expect.any(Object), job: { id: 'a' } });
});

test('handlers that ignore their abort, but end, leave the worker healthy', async () => {
  const said: string[] = [];
  const late = handle(jobOf(), () => new Promise<void>((resolve) => clock.schedule(7_000, resolve)));
  const { clock, worker, deliver } = setUp([late], {
    concurrency: 4,
    onUnhealthy: (reason) => said.push(reason),
  });
  await worker.start();

  for (const id of ['a', 'b', 'c']) {
    deliver(id);
    await clock.advance(7_000);
  }

  expect(said).toEqual([]);
});

test('with half of the slots lost at the same time, the worker is unhealthy', async () => {
  const said: string[] = [];
  const stuck = handle(jobOf(), () => new Promise(() => undefined));
  const { clock, worker, deliver } = setUp([stuck], {
    concurrency: 4,
    onUnhealthy: (reason) => said.push(reason),
  });
  await worker.start();

  for (const id of ['a', 'b']) deliver(id);
  await clock.advance(1_000 + ABORT_GRACE_MS);

  expect(said).toEqual([expect.stringContaining('half of the slots')]);
});

test('with all slots lost, what was fetched ahead is released, nothing more is consumed, and that is said', async () => {
  const said: string[] = [];
  let endFirst: () => void = () => undefined;
  const stuck = handle(jobOf(), ({ job: { id } }) => {
    return new Promise<void>((resolve) => {
      if (id === 'a') endFirst = resolve;
    });
  });
  const { clock, worker, deliver, consumers } = setUp([stuck], {
    concurrency: 2,
    onUnhealthy: (reason) => said.push(reason),
  });
  await worker.start();
  const fates = ['a', 'b', 'c', 'd'].map((id) => deliver(id));

  await clock.advance(1_000 + ABORT_GRACE_MS);
  await expect.poll(() => consumers.every(({ isStopped }) => isStopped)).toBe(true);

  await expect.poll(() => fates.slice(2).map((fate) => fate())).toEqual(['released', 'released']);
  expect(said).toEqual([expect.stringContaining('half of the slots'), expect.stringContaining('all slots')]);
  endFirst();
  await expect.poll(() => consumers.filter(({ isStopped }) => !isStopped).length).toBe(1);
});

test('with all slots lost, what is delivered until the queue is not consumed any more is released then', async () => {
  const gate = createGate();
  const stuck = handle(jobOf(), () => new Promise<void>(() => undefined));
  const { clock, worker, broker, deliver } = setUp([stuck], { concurrency: 1 });
  const consume = broker.consume;
  broker.consume = async (...given) => {
    const subscription = await consume(...given);
    return { stop: () => gate.opened.then(subscription.stop) };
  };
  await worker.start();
  deliver('a');
  await clock.advance(1_000 + ABORT_GRACE_MS);

  const late = deliver('b');
  gate.open();

  await expect.poll(late).toBe('released');
});

test('a job whose payload is still being checked does not begin once the worker stops', async () => {
  const gate = createGate();
  let begun = false;
  const job = jobOf(async (value) => {
    await gate.opened;
    return { value };
  });
  const handler = async () => {
    begun = true;
  };
  const { worker, deliver, clock } = setUp([handle(job, handler)]);
  await worker.start();
  const fate = deliver('a');

  const stopped = worker.stop(500);
  await clock.advance(100);
  gate.open();
  await stopped;

  expect(fate()).toBe('released');
  expect(begun).toBe(false);
});

test('a stop waits its grace for a payload that is being checked, and no longer', async () => {
  const { worker, deliver, clock } = setUp([
    handle(
      jobOf(() => new Promise(() => undefined)),
      async () => undefined,
    ),
  ]);
  await worker.start();
  const fate = deliver('a');

  const stopped = worker.stop(500);
  await clock.advance(500);
  await stopped;

  expect(fate()).toBe('released');
});

test('what was fetched ahead goes back at once when the worker stops, and what is under way may end', async () => {
  const gate = createGate();
  const { worker, deliver } = setUp([handle(jobOf(), () => gate.opened)], { concurrency: 1 });
  await worker.start();
  const begun = deliver('a');
  const ahead = deliver('b');

  const stopped = worker.stop(60_000);

  await expect.poll(ahead).toBe('released');
  gate.open();
  await stopped;
  expect(begun()).toEqual(acked);
});

test('what is still delivered to a worker that stops is kept until the queue is not consumed any more: else it would come again and again', async () => {
  const gate = createGate();
  const { worker, broker, deliver } = setUp([handle(jobOf(), async () => 1)]);
  const consume = broker.consume;
  broker.consume = async (...given) => {
    const subscription = await consume(...given);
    return { stop: () => gate.opened.then(subscription.stop) };
  };
  await worker.start();

  const stopped = worker.stop(500);
  await new Promise(setImmediate);
  const late = deliver('a');
  await new Promise(setImmediate);
  const whileConsuming = late();
  gate.open();
  await stopped;

  expect(whileConsuming).toBe('open');
  expect(late()).toBe('released');
  expect(deliver('b')()).toBe('released');
});

test('a broker that never answers keeps a worker from stopping for two seconds at most', async () => {
  const { clock, worker, consumers } = setUp([handle(jobOf(), async () => {})]);
  await worker.start();
  const { delivery } = createDelivery('a');
  consumers.at(-1)?.onDelivery({ ...delivery, settle: () => new Promise(() => undefined) });
  await clock.advance(60_000);
  let isStopped = false;

  const stopped = worker.stop(500).then(() => {
    isStopped = true;
  });
  await clock.advance(2_400);
  const before = isStopped;
  await clock.advance(100);
  await stopped;

  expect(before).toBe(false);
});

test('a schema that never ends fails its job at the timeout, and its slot is free', async () => {
  const job = jobOf((value) => (value === 2 ? { value } : new Promise(() => undefined)));
  const { worker, deliver, clock } = setUp([handle(job, async () => undefined)], { concurrency: 1 });
  await worker.start();
  const hung = deliver('a');
  const next = deliver('b', { body: new TextEncoder().encode('2') });

  await clock.advance(1_000);

  expect(hung()).toMatchObject({ settled: { successor: { kind: 'requeue', message: { attempt: 2 } } } });
  expect(next()).toEqual(acked);
});

test('a worker that is stopped while it starts consumes nothing', async () => {
  const gate = createGate();
  const { worker, consumers, line } = setUp([handle(jobOf(), async () => undefined)]);
  line.begin = () => gate.opened;
  const starting = worker.start();

  const stopping = worker.stop(100);
  gate.open();
  await Promise.all([starting, stopping]);
  await worker.start();

  expect(consumers.filter(({ isStopped }) => !isStopped)).toEqual([]);
});

test('a worker that is stopped while it begins to listen to the live channel does not go on to listen', async () => {
  const gate = createGate();
  const { worker, broker } = setUp([handle(jobOf(), async () => 1)], { events: true });
  let listening = 0;
  broker.live.answer = async () => {
    await gate.opened;
    listening += 1;
    return {
      stop: async () => {
        listening -= 1;
      },
    };
  };

  const starting = worker.start();
  await new Promise(setImmediate);
  await worker.stop(100);
  gate.open();
  await starting;

  expect(listening).toBe(0);
});

test('a worker that cannot start leaves nothing at work, and can be stopped', async () => {
  const idle = async () => undefined;
  const { worker, consumers, line } = setUp([
    handle(jobOf(undefined, { queue: 'good' }), idle),
    handle(jobOf(undefined, { kind: 'other', queue: 'bad' }), idle),
  ]);
  line.begin = async (queue) => {
    if (queue === 'bad') throw new Error('consume refused');
  };

  await expect(worker.start()).rejects.toThrow('consume refused');
  await worker.stop(5_000);

  expect(consumers).toMatchObject([{ queue: 'good', isStopped: true }]);
});

test('a subscription that cannot be renewed stays, is renewed later, and is stopped with the worker', async () => {
  const { worker, consumers, line, deliver, clock } = setUp([handle(jobOf(), async () => undefined)], {
    concurrency: 1,
  });
  await worker.start();
  line.begin = () => Promise.reject(new Error('connection lost'));
  const work = async () => {
    for (let job = 0; job < 33; job += 1) {
      deliver(`${job}`);
      await clock.advance(0);
    }
  };

  await work();
  expect(consumers).toMatchObject([{ prefetch: 3, isStopped: false }]);
  line.begin = () => Promise.resolve();
  await work();
  expect(consumers).toMatchObject([
    { prefetch: 3, isStopped: true },
    { prefetch: 257, isStopped: false },
  ]);
  await worker.stop(0);

  expect(consumers.every(({ isStopped }) => isStopped)).toBe(true);
});

test('a job too short for its start to be told first is known by its end', async () => {
  const { worker, deliver, clock } = setUp([handle(jobOf(), async () => undefined)], { events: true });
  await worker.start();

  const fate = deliver('a');
  await clock.advance(0);

  expect(fate()).toMatchObject({ settled: { events: [{ type: 'succeeded', startedAt: clock.now() }] } });
});

test('what a handler logged is told before its outcome, and with a retry too', async () => {
  const handler = handle(jobOf(), async ({ log, job }) => {
    log.info({ part: 1 }, 'reading');
    log.child({ part: 2 }).warn({}, 'slow');
    if (job.id === 'b') throw new Error('disk full');
  });
  const { worker, deliver, clock } = setUp([handler], { events: true });
  await worker.start();

  const [succeeded, retried] = [deliver('a'), deliver('b')];
  await clock.advance(0);

  const lines = [
    { number: 1, level: 'info', message: 'reading', fields: { part: 1 } },
    { number: 2, level: 'warn', message: 'slow', fields: { part: 2 } },
  ];
  const logged = { type: 'logged', bestEffort: true, lines, host: hostname() };
  expect(succeeded()).toMatchObject({ settled: { events: [logged, { type: 'succeeded' }] } });
  expect(retried()).toMatchObject({ settled: { events: [logged, { type: 'retried' }] } });
});

test('what a handler logged is told soon while it runs, and with its progress', async () => {
  const gate = createGate();
  const handler = handle(jobOf(), async ({ log, progress }) => {
    progress({ done: 1, total: 4, text: 'page 1' });
    log.info({}, 'reading');
    await gate.opened;
  });
  const { worker, deliver, clock, events } = setUp([handler], { events: true });
  await worker.start();

  deliver('a');
  await clock.advance(20);
  gate.open();

  expect(events).toMatchObject([
    { type: 'started' },
    { type: 'progress', progress: 0.25, done: 1, total: 4, text: 'page 1' },
    { type: 'logged', lines: [{ message: 'reading' }] },
  ]);
});

test('a child is enqueued under an id of its own, with its parent, as urgent as it is said to be, with its own tags, and the headers of its parent and its own', async () => {
  const grandparent = '0198c0de-1111-7222-8333-0123456789ab';
  const given: unknown[] = [];
  const enqueued = createGate();
  const child = jobOf(undefined, { kind: 'child', queue: 'children', priority: 'low' });
  const seen: JobInfo[] = [];
  const parent = handle(jobOf(), async ({ enqueue, job }) => {
    seen.push(job);
    await enqueue(child, 1, { key: 'notify' });
    await enqueue(child, 1, { key: 'now', priority: 'high', tags: ['eu'], headers: { tenant: 'b' } });
  });
  const { worker, deliver } = setUp([parent], {
    client: {
      async enqueue(_definition, _payload, options) {
        given.push(options);
        if (given.length === 2) enqueued.open();
        return { id: options.id };
      },
    },
  });
  await worker.start();

  deliver('a', {
    headers: { traceparent: 't', tenant: 'a', 'leveret-history': '[]', 'leveret-parent': grandparent },
  });
  await enqueued.opened;

  const always = {
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    delayMs: 0,
    parentId: seen[0]?.id,
  };
  expect(given).toEqual([
    { ...always, priority: 'low', tags: [], headers: { traceparent: 't', tenant: 'a' } },
    { ...always, priority: 'high', tags: ['eu'], headers: { traceparent: 't', tenant: 'b' } },
  ]);
  expect(seen).toMatchObject([{ id: expect.any(String), headers: { traceparent: 't', tenant: 'a' } }]);
  expect(seen[0]?.headers).not.toHaveProperty('leveret-parent');
});
