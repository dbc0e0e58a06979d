import { readFile } from 'node:fs/promises';
import type { ChildOptions, JobDefinition, LogFields } from '@leveret/core';
import { silentLogger, systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Execution } from '../handler/executor.ts';
import { type ChildPoolOptions, createChildPool } from './child-pool.ts';

const module = new URL('../../fixtures/handlers.ts', import.meta.url).href;

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
  expect(await run('throwsVerdict')).toEqual({ kind: 'snoozed', delayMs: 60_000 });
});

test('a factory that throws costs the job nothing, and the next job has another child', async () => {
  const run = startPool();

  expect(await run('unheard-of')).toMatchObject({
    kind: 'not-understood',
    failure: {
      code: 'HANDLER_NOT_LOADED',
      name: 'RangeError',
      message: 'no fixture "unheard-of"',
      stack: expect.stringContaining('handlers.ts'),
    },
  });
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
});

test('handlers are loaded in one child, which their first job finds', async () => {
  const pool = createChildPool({ clock: systemClock, logger: silentLogger });
  onTestFinished(() => pool.close());
  const references = ['echo', 'tells'].map((options) => ({ module, factory: 'createFixture', options }));
  const [echo] = references;

  await Promise.all(references.map((reference) => pool.load(reference)));

  const outcome = echo && (await pool.executor(echo)(toExecution({})));
  expect(outcome).toMatchObject({ kind: 'succeeded', result: { loadedFixtures: ['echo', 'tells'] } });
});

test.each([
  ['createFixtures', 'TypeError', /does not export a function "createFixtures"/],
  ['createNothing', 'TypeError', /returned a object, not a handler/],
  ['createExit', 'Error', /the process that loaded the handler ended with code 3$/],
])(
  'a handler that cannot be loaded is refused, with the error of the child: %s',
  async (factory, name, words) => {
    const lines: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: LogFields) => void lines.push(fields['stderr']) };
    const pool = createChildPool({ clock: systemClock, logger });
    onTestFinished(() => pool.close());

    await expect(pool.load({ module, factory, options: null })).rejects.toMatchObject({
      code: 'HANDLER_NOT_LOADED',
      message: expect.stringMatching(words),
      cause: { name },
    });
    expect(lines).toEqual(factory === 'createExit' ? ['there is no licence\n'] : []);
  },
);

test('a handler that does not come to the end of its loading is given up, and its child killed', async () => {
  const clock = createManualClock();
  const pool = createChildPool({ clock, logger: silentLogger });

  const loading = pool.load({ module, factory: 'createNever', options: null });
  const refused = expect(loading).rejects.toThrow('it was not loaded within 60000 ms');
  await clock.advance(60_000);

  await refused;
  await pool.close();
  await expect(pool.load({ module, factory: 'createFixture', options: 'echo' })).rejects.toThrow(
    'the worker is stopping',
  );
});

test('a child that a handler enqueues goes through the parent', async () => {
  const enqueued: unknown[] = [];
  const run = startPool();

  const outcome = await run('enqueues', {
    enqueue: async (definition: JobDefinition, payload: unknown, options: ChildOptions) => {
      const { kind, queue, priority, tags } = definition;
      enqueued.push({ kind, queue, priority, tags, payload, options });
      return 'child-id';
    },
  });

  expect(outcome).toMatchObject({ kind: 'succeeded', result: { childId: 'child-id' } });
  expect(enqueued).toEqual([
    {
      kind: 'fixture.child',
      queue: 'fixtures',
      priority: 'low',
      tags: ['of-fixtures'],
      payload: { n: 1 },
      options: { key: 'first', delayMs: 5, tags: ['eu'] },
    },
  ]);
});

test('log lines and progress reach the parent', async () => {
  const told: unknown[] = [];
  const log = { ...silentLogger, info: (fields: unknown, message: string) => told.push([fields, message]) };

  await startPool()('tells', { log, progress: (done) => told.push(done) });

  expect(told).toEqual([[{ frame: 7 }, 'decoding'], { done: 1, total: 2, text: 'half' }]);
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

  const outcome = await execute(toExecution({ payload: { format: () => 'hunter2-SECRET' } }));
  await pool.close();

  expect(outcome).toMatchObject({
    kind: 'failed',
    failure: { code: 'PAYLOAD_INVALID', message: expect.stringContaining('cannot be handed to a child') },
  });
  expect(JSON.stringify(outcome)).not.toContain('hunter2');
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
  await vi.waitFor(() => expect(isRunning(Number(pids[0]))).resolves.toBe(false));
});

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ');
  return !stat.includes(') Z ');
}

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

/** More than a child needs to start, so that what the handler uses decides. */
const memoryBytes = 314_572_800;

test.runIf(process.platform === 'linux').each(['devours', 'devoursElsewhere', 'devoursDetached'])(
  'a job that uses more memory than allowed is killed and has failed: %s',
  async (behaviour) => {
    const pids: number[] = [];
    const log = { ...silentLogger, info: ({ pid }: LogFields) => void pids.push(Number(pid)) };
    const run = startPool({ memoryBytes, env: { PATH: '/usr/bin:/bin' } });

    const outcome = await run(behaviour, { log });

    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'MEMORY_EXCEEDED',
        message: expect.stringMatching(
          /^the handler and the processes that it started used \d+ MiB of memory, the limit is 300 MiB$/,
        ),
      },
    });
    for (const pid of pids) await vi.waitFor(() => expect(isRunning(pid)).resolves.toBe(false));
    expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
  },
);

test('a job that needs more JavaScript objects than fit into its memory has failed as well', async () => {
  const outcome = await startPool({ memoryBytes })('hoards');

  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'MEMORY_EXCEEDED' } });
});

test('a job may reserve far more memory than it may use', async () => {
  expect(await startPool({ memoryBytes })('reserves')).toMatchObject({ kind: 'succeeded' });
});
