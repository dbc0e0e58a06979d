import { deadLetter, defineJob, type LogFields, type Logger, retryLater, snooze } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../../fixtures/broker-double.ts';
import { createWorker, type WorkerOptions } from '../worker.ts';
import { handle } from './registration.ts';

type Handler = Parameters<typeof handle>[1];

const payload = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const;
const job = defineJob({ kind: 'k', queue: 'q', payload, retry: { attempts: 2, firstDelayMs: 1_000 } });

/** A worker with one handler, and a list of all that it logs. */
async function startBench(handler: Handler, options: Partial<WorkerOptions> = {}) {
  const lines: (LogFields & { readonly level: string; readonly message: string })[] = [];
  const at = (level: string) => (fields: LogFields, message: string) =>
    lines.push({ ...fields, level, message });
  const logger: Logger = {
    debug() {},
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const clock = createManualClock(0);
  const double = createBrokerDouble();
  const worker = createWorker({
    broker: double.broker,
    clock,
    random: () => 1,
    logger,
    handlers: [handle(job, handler)],
    ...options,
  });
  await worker.start();
  const begin = async (over: Parameters<typeof createDelivery>[1] = {}) => {
    const { delivery, fate } = createDelivery('j', over);
    double.consumers[0]?.onDelivery(delivery);
    // Nothing here waits for anything but the clock, which the test turns by hand.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return fate;
  };
  const run = async (over?: Parameters<typeof createDelivery>[1]) => (await begin(over))();
  return { begin, run, clock, worker, lines: () => lines.filter(({ level }) => level !== 'info') };
}

/** What a service that refuses connections makes of a fetch. */
function refused(): Error {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:27999'), { code: 'ECONNREFUSED' });
  return new TypeError('fetch failed', { cause });
}

test('a failed attempt is logged with the error, its causes, what follows and when', async () => {
  const { run, lines } = await startBench(async () => {
    throw refused();
  });

  await run();

  expect(lines()).toEqual([
    {
      level: 'warn',
      message: 'attempt failed',
      jobId: 'j',
      kind: 'k',
      queue: 'q',
      attempt: 1,
      maxAttempts: 2,
      nextAttemptAt: '1970-01-01T00:00:01.000Z',
      code: 'HANDLER_FAILED',
      errorCode: 'ECONNREFUSED',
      reason: 'fetch failed: connect ECONNREFUSED 127.0.0.1:27999',
      failure: expect.objectContaining({
        name: 'TypeError',
        stack: expect.stringContaining('hooks.test.ts'),
        causes: [expect.objectContaining({ message: 'connect ECONNREFUSED 127.0.0.1:27999' })],
      }),
    },
  ]);
});

test('a line of its own says that a job was dead-lettered, why, and after how many attempts', async () => {
  const { run, lines } = await startBench(async () => {
    throw refused();
  });

  await run({ attempt: 2 });

  const [failed, dead] = lines();
  expect(failed).toMatchObject({ message: 'attempt failed', attempt: 2 });
  expect(failed).not.toHaveProperty('nextAttemptAt');
  expect(dead).toMatchObject({
    level: 'error',
    message: 'job dead-lettered',
    because: 'no attempt is left',
    attempt: 2,
    maxAttempts: 2,
    errorCode: 'ECONNREFUSED',
  });
  expect(dead).not.toHaveProperty('failure');
});

test('hooks are told of failed attempts with the error that was thrown, and of dead letters with their failure', async () => {
  const told: unknown[] = [];
  const error = refused();
  const { run } = await startBench(
    async () => {
      throw error;
    },
    {
      onAttemptFailed: (thrown, { id, attempt, maxAttempts }) =>
        told.push([thrown, id, attempt, maxAttempts]),
      onDeadLettered: ({ errorCode }, { attempt }) => told.push([errorCode, attempt]),
    },
  );

  await run();
  await run({ attempt: 2 });

  expect(told[0]).toEqual([error, 'j', 1, 2]);
  expect((told[0] as unknown[])[0]).toBe(error);
  expect(told.slice(1)).toEqual([
    [error, 'j', 2, 2],
    ['ECONNREFUSED', 2],
  ]);
});

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('the hook');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the hook'))],
  ['never ends', () => new Promise(() => undefined)],
])('a hook that %s harms nothing', async (name, hook) => {
  const hooks = { onAttemptFailed: hook, onDeadLettered: hook, onError: hook };
  const { run, lines, worker } = await startBench(() => Promise.reject(new Error('disk full')), hooks);

  const fate = await run({ attempt: 2 });
  await worker.stop(0);

  expect(fate).toMatchObject({ settled: { successor: { kind: 'dead-letter' } } });
  expect(lines().filter(({ message }) => message === 'a hook failed').length).toBe(
    name === 'never ends' ? 0 : 2,
  );
});

test.each([
  ['a dead letter', () => deadLetter('no such video'), { successor: { kind: 'dead-letter' } }],
  [
    'a later attempt',
    () => retryLater(77_000),
    { successor: { kind: 'requeue', message: { attempt: 2 }, delayMs: 77_000 } },
  ],
  [
    'a snooze',
    () => snooze(5_000),
    { successor: { kind: 'requeue', message: { attempt: 1, snoozes: 1 }, delayMs: 5_000 } },
  ],
])('a verdict is obeyed, returned or thrown: %s', async (_name, verdict, settled) => {
  const returning = await startBench(async () => verdict());
  const throwing = await startBench(async () => {
    throw verdict();
  });

  expect(await returning.run()).toMatchObject({ settled });
  expect(await throwing.run()).toMatchObject({ settled });
});

const trap = () => {
  throw new Error('a trap');
};

/** Errors of users' code that once made a job run again at once, uncharged, for ever. */
const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'a message that is no text': () =>
    Object.assign(new Error('refused'), { message: { amount: 'must be positive' } }),
  'a message that is a list': () => Object.assign(new Error('refused'), { message: ['amount'] }),
  'a message that cannot be had': () => Object.defineProperty(new Error('e'), 'message', { get: trap }),
  'a code that cannot be had': () => Object.defineProperty(new Error('e'), 'code', { get: trap }),
  'a proxy': () => new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap }),
};

test.each(Object.keys(HOSTILE))('whatever a handler throws is a charged failure: %s', async (name) => {
  const { run } = await startBench(async () => {
    throw HOSTILE[name]?.();
  });

  expect(await run()).toMatchObject({
    settled: { successor: { kind: 'requeue', message: { attempt: 2 }, delayMs: 1_000 } },
  });
});

test.each<[string, unknown]>([
  ['throws', { debug: trap, info: trap, warn: trap, error: trap, child: trap }],
  ['lacks its methods', {}],
  ['rejects', { debug() {}, info() {}, warn: async () => trap(), error: async () => trap() }],
])('a logger that %s costs no job anything', async (_name, logger) => {
  const { run } = await startBench(
    async ({ log }) => {
      log.info({ n: 1 }, 'at work');
      throw new Error('disk full');
    },
    { logger: logger as Logger },
  );

  expect(await run()).toMatchObject({ settled: { successor: { message: { attempt: 2 } } } });
});

test('a fault of the worker is charged as a failed attempt, and told', async () => {
  const faults: unknown[] = [];
  const dice = { faultsLeft: 0 };
  const { run, lines } = await startBench(() => Promise.reject(new Error('disk full')), {
    // Drawn for the delay of the next attempt.
    random: () => {
      dice.faultsLeft -= 1;
      return dice.faultsLeft >= 0 ? trap() : 1;
    },
    onError: (error) => faults.push(error),
  });
  dice.faultsLeft = 1;

  expect(await run()).toMatchObject({ settled: { successor: { kind: 'requeue', message: { attempt: 2 } } } });
  expect(faults).toEqual([expect.objectContaining({ message: 'a trap' })]);
  expect(lines()).toContainEqual(
    expect.objectContaining({ level: 'error', message: 'a fault of the worker' }),
  );
});

test('a delivery that cannot be settled at all is released, later each time', async () => {
  const dice = { random: () => 1 };
  const { begin, clock } = await startBench(() => Promise.reject(new Error('disk full')), {
    random: () => dice.random(),
  });
  dice.random = trap;

  const first = await begin();
  const before = first();
  await clock.advance(1_000);
  const second = await begin();
  await clock.advance(1_999);
  const early = second();
  await clock.advance(1);

  expect([before, first(), early, second()]).toEqual(['open', 'released', 'open', 'released']);
});
