import { readFile } from 'node:fs/promises';
import type { ChildOptions, JobDefinition, LogFields } from '@leveret/core';
import { silentLogger, systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type ChildPoolOptions, createChildPool } from './child-pool.ts';
import type { Execution } from './executor.ts';

const module = new URL('../fixtures/handlers.ts', import.meta.url).href;

function startPool(options: Partial<ChildPoolOptions> = {}) {
  const pool = createChildPool({ clock: systemClock, logger: silentLogger, ...options });
  onTestFinished(() => pool.close());
  return (behaviour: string, execution: Partial<Execution> = {}) =>
    pool.executor({ module, factory: 'createFixture', options: behaviour })(toExecution(execution));
}

function toExecution(given: Partial<Execution>): Execution {
  return {
    payload: 'p',
    job: { id: 'j', kind: 'k', queue: 'q', attempt: 2, maxAttempts: 3, createdAt: 0, headers: {} },
    signal: new AbortController().signal,
    log: silentLogger,
    progress: () => undefined,
    enqueue: () => Promise.reject(new Error('unexpected')),
    ...given,
  };
}

test('a handler runs in another process, which is used again', async () => {
  const run = startPool();

  const first = await run('echo', { payload: new Date(0) });
  const second = await run('echo');

  expect(first).toMatchObject({ kind: 'succeeded', result: { attempt: 2, payload: String(new Date(0)) } });
  const [one, two] = [first, second].map((outcome) =>
    outcome.kind === 'succeeded' ? outcome.result : undefined,
  ) as { pid: number }[];
  expect(one?.pid).not.toBe(process.pid);
  expect(two?.pid).toBe(one?.pid);
});

test('an error and a verdict come back as they were', async () => {
  const run = startPool();

  expect(await run('fails')).toEqual({
    kind: 'failed',
    failure: {
      code: 'HANDLER_FAILED',
      message: 'disk full',
      name: 'Error',
      stack: expect.stringMatching(/^at .*fixtures\/handlers\.ts/),
      causes: [{ name: 'Error', message: 'write', code: 'ENOSPC', stack: expect.stringContaining('at ') }],
      errorCode: 'ENOSPC',
    },
  });
  expect(await run('givesUp')).toMatchObject({ kind: 'given-up', failure: { message: 'no such video' } });
});

test('a module without the factory, and a factory that throws, fail the job', async () => {
  expect(await startPool()('unheard-of')).toMatchObject({
    kind: 'failed',
    failure: { message: 'no fixture "unheard-of"' },
  });
});

test('a child that a handler enqueues goes through the parent', async () => {
  const enqueued: unknown[] = [];
  const run = startPool();

  const outcome = await run('enqueues', {
    enqueue: async (definition: JobDefinition, payload: unknown, options: ChildOptions) => {
      const { kind, queue, priority } = definition;
      enqueued.push({ kind, queue, priority, payload, options });
      return 'child-id';
    },
  });

  expect(outcome).toMatchObject({ kind: 'succeeded', result: { childId: 'child-id' } });
  expect(enqueued).toEqual([
    {
      kind: 'fixture.child',
      queue: 'fixtures',
      priority: 'low',
      payload: { n: 1 },
      options: { key: 'first', delayMs: 5 },
    },
  ]);
});

test('log lines and progress reach the parent', async () => {
  const told: unknown[] = [];
  const log = { ...silentLogger, info: (fields: unknown, message: string) => told.push([fields, message]) };

  await startPool()('tells', { log, progress: (done) => told.push(done) });

  expect(told).toEqual([[{ frame: 7 }, 'decoding'], 0.5]);
});

test('a child that dies takes its job along and no other, and the next job gets a new child', async () => {
  const run = startPool();

  const [killed, spared] = await Promise.all([run('dies'), run('echo')]);

  expect(killed).toMatchObject({
    kind: 'crashed',
    failure: { code: 'WORKER_CRASHED', message: expect.stringContaining('SIGKILL') },
  });
  expect(spared).toMatchObject({ kind: 'succeeded' });
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
});

/** Starts a fixture that tells progress when it has begun, and waits for that. */
async function begin(run: ReturnType<typeof startPool>, behaviour: string) {
  const controller = new AbortController();
  let outcome: ReturnType<typeof run> | undefined;
  await new Promise<void>((begun) => {
    outcome = run(behaviour, { signal: controller.signal, progress: () => begun() });
  });
  return { controller, outcome };
}

test('the abort signal reaches the handler', async () => {
  const { controller, outcome } = await begin(startPool(), 'obeysAbort');

  controller.abort(new Error('the attempt took over 7 ms'));

  expect(await outcome).toMatchObject({ kind: 'failed', failure: { message: 'the attempt took over 7 ms' } });
});

test('a child that ignores its abort is killed within two seconds', async () => {
  const clock = createManualClock();
  const { controller, outcome } = await begin(startPool({ clock }), 'hangs');

  controller.abort();
  await clock.advance(1_500);

  expect(await outcome).toMatchObject({ kind: 'crashed', failure: { code: 'WORKER_CRASHED' } });
});

test('a payload that cannot be handed over fails its job for good, and leaves no process behind', async () => {
  const pool = createChildPool({ clock: systemClock, logger: silentLogger });
  const execute = pool.executor({ module, factory: 'createFixture', options: 'echo' });

  const outcome = await execute(toExecution({ payload: { format: () => 'x' } }));
  await pool.close();

  expect(outcome).toMatchObject({
    kind: 'failed',
    failure: { code: 'PAYLOAD_INVALID', message: expect.stringContaining('could not be cloned') },
  });
});

test('what a job does after its end is not taken for the next one of the process', async () => {
  const enqueued: unknown[] = [];
  const told: unknown[] = [];
  const run = startPool();
  const log = { ...silentLogger, info: (fields: unknown) => told.push(fields) };
  const enqueue = async (_definition: JobDefinition, payload: unknown) => {
    enqueued.push(payload);
    return 'child-id';
  };

  await run('enqueuesLate', { log, enqueue });
  const second = await run('followsLate', { log, enqueue });

  expect(second).toMatchObject({ kind: 'succeeded', result: 'child-id' });
  expect(enqueued).toEqual([{ of: 'the second' }]);
  expect(told).toEqual([
    { unclonable: expect.stringContaining('could not be cloned') },
    { refusal: 'the job has ended: it enqueues no more' },
  ]);
});

test.runIf(process.platform === 'linux')('what a child has started dies with it', async () => {
  const pids: number[] = [];
  const log = { ...silentLogger, info: ({ pid }: LogFields) => void pids.push(Number(pid)) };

  const outcome = await startPool({ env: { PATH: '/usr/bin:/bin' } })('diesWithCompany', { log });

  expect(outcome).toMatchObject({ kind: 'crashed', failure: { code: 'WORKER_CRASHED' } });
  expect(pids).toEqual([expect.any(Number)]);
  await vi.waitFor(async () => {
    const stat = await readFile(`/proc/${pids[0]}/stat`, 'utf8').catch(() => 'gone');
    expect(stat).toMatch(/^gone$|\) Z /);
  });
});

test('a pool that was closed starts nothing: the job is handed back', async () => {
  const pool = createChildPool({ clock: systemClock, logger: silentLogger });
  await pool.close();

  const execute = pool.executor({ module, factory: 'createFixture', options: 'echo' });

  expect(await execute(toExecution({}))).toEqual({ kind: 'handed-back' });
});

test('a child knows nothing of the environment of its parent', async () => {
  const outcome = await startPool({ env: { PATH: '/bin' } })('environment');

  const names = outcome.kind === 'succeeded' ? (outcome.result as { names: string[] }).names : [];
  expect(names.filter((name) => !name.startsWith('NODE_CHANNEL') && name !== 'LC_CTYPE')).toEqual(['PATH']);
});

test.runIf(process.platform === 'linux')(
  'a child that devours memory dies of it alone',
  async () => {
    const outcome = await startPool({ memoryBytes: 419_430_400 })('devours');

    // An allocation of the handler's own fails, or one that Node.js does not survive.
    expect(['failed', 'crashed']).toContain(outcome.kind);
  },
  30_000,
);
