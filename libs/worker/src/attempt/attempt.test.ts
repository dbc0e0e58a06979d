import type { AttemptResult } from '@leveret/core';
import { silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { Execution } from '../handler/executor.ts';
import { ABORT_GRACE_MS, startAttempt } from './attempt.ts';

const failed: AttemptResult = { kind: 'failed', failure: { code: 'HANDLER_FAILED', message: 'aborted' } };

function setUp(execute: (execution: Execution) => Promise<AttemptResult>) {
  const clock = createManualClock();
  let stuckCount = 0;
  let tell: (result: AttemptResult) => void = () => undefined;
  const result = new Promise<AttemptResult>((resolve) => {
    tell = resolve;
  });
  const attempt = startAttempt({
    execute,
    timeoutMs: 1_000,
    clock,
    onResult: tell,
    onStuck: () => {
      stuckCount += 1;
    },
    toExecution: (signal) => ({
      payload: null,
      job: { id: 'j', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 0, headers: {} },
      get signal() {
        return signal();
      },
      log: silentLogger,
      progress: () => undefined,
      enqueue: () => Promise.reject(new Error('unexpected')),
    }),
  });
  return { attempt, result, clock, stuckCount: () => stuckCount };
}

/** Ends with `outcome` as soon as it is aborted. */
function endsWhenAborted(outcome: AttemptResult) {
  return ({ signal }: Execution) =>
    new Promise<AttemptResult>((resolve) => signal.addEventListener('abort', () => resolve(outcome)));
}

test('an attempt that ends in time has its own result, and no timer is left', async () => {
  const { attempt, result, clock } = setUp(async () => ({ kind: 'succeeded', result: 1 }));

  expect(await result).toEqual({ kind: 'succeeded', result: 1 });
  await attempt.ended;
  expect(clock.pending()).toBe(0);
});

test('an attempt that takes too long is aborted and fails with HANDLER_TIMEOUT', async () => {
  const { result, clock } = setUp(endsWhenAborted(failed));

  await clock.advance(1_000);

  expect(await result).toMatchObject({ kind: 'failed', failure: { code: 'HANDLER_TIMEOUT' } });
});

test('work that was done in spite of the abort counts', async () => {
  const { result, clock } = setUp(endsWhenAborted({ kind: 'succeeded', result: 'just in time' }));

  await clock.advance(1_000);

  expect(await result).toEqual({ kind: 'succeeded', result: 'just in time' });
});

test('an attempt that fails because the worker stops is handed back', async () => {
  const { attempt, result } = setUp(endsWhenAborted(failed));

  attempt.abort().catch(() => undefined);

  expect(await result).toEqual({ kind: 'handed-back' });
});

test('an attempt whose job was cancelled ends as cancelled, unless its work was done all the same', async () => {
  const aborted = setUp(endsWhenAborted(failed));
  const done = setUp(endsWhenAborted({ kind: 'succeeded', result: 1 }));
  const stuck = setUp(() => new Promise(() => undefined));
  for (const { attempt } of [aborted, done, stuck]) attempt.cancel();

  expect(await aborted.result).toEqual({ kind: 'cancelled' });
  expect(await done.result).toEqual({ kind: 'succeeded', result: 1 });
  await stuck.clock.advance(ABORT_GRACE_MS);
  expect(await stuck.result).toEqual({ kind: 'cancelled' });
  expect(stuck.stuckCount()).toBe(1);
});

test('the reason of the signal tells timeout, shutdown and cancel apart', async () => {
  const reasonOf = async (abort: (bench: ReturnType<typeof setUp>) => unknown) => {
    let reason: unknown;
    const bench = setUp(
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(failed);
          });
        }),
    );
    await abort(bench);
    await bench.result;
    return reason;
  };

  expect(await reasonOf(({ clock }) => clock.advance(1_000))).toMatchObject({ code: 'HANDLER_TIMEOUT' });
  expect(await reasonOf(({ attempt }) => attempt.abort())).toMatchObject({ code: 'SHUTTING_DOWN' });
  expect(await reasonOf(({ attempt }) => attempt.cancel())).toMatchObject({ code: 'JOB_CANCELLED' });
});

test('a child that was killed for its abort is no death that is charged', async () => {
  const killed = { kind: 'crashed', failure: { code: 'WORKER_CRASHED', message: 'SIGKILL' } } as const;
  const late = setUp(endsWhenAborted(killed));
  const stopped = setUp(endsWhenAborted(killed));

  await late.clock.advance(1_000);
  stopped.attempt.abort().catch(() => undefined);

  expect(await late.result).toMatchObject({ kind: 'failed', failure: { code: 'HANDLER_TIMEOUT' } });
  expect(await stopped.result).toEqual({ kind: 'handed-back' });
});

test('a handler that was not loaded in time is no fault of its job', async () => {
  const failure = { code: 'HANDLER_NOT_LOADED', message: 'SIGKILL' } as const;
  const late = setUp(endsWhenAborted({ kind: 'not-understood', failure }));
  const stopped = setUp(endsWhenAborted({ kind: 'not-understood', failure }));

  await late.clock.advance(1_000);
  stopped.attempt.abort().catch(() => undefined);

  expect(await late.result).toEqual({ kind: 'not-understood', failure });
  expect(await stopped.result).toEqual({ kind: 'handed-back' });
});

test('a handler that ignores its abort is given up after the grace, and its slot is told stuck', async () => {
  const { result, clock, stuckCount } = setUp(() => new Promise(() => undefined));

  await clock.advance(1_000 + ABORT_GRACE_MS);

  expect(await result).toMatchObject({ kind: 'failed', failure: { code: 'HANDLER_TIMEOUT' } });
  expect(stuckCount()).toBe(1);
});

test('a stop after the timeout changes nothing', async () => {
  const { attempt, result, clock } = setUp(() => new Promise(() => undefined));

  await clock.advance(1_000);
  attempt.abort().catch(() => undefined);
  await clock.advance(ABORT_GRACE_MS);

  expect(await result).toMatchObject({ kind: 'failed', failure: { code: 'HANDLER_TIMEOUT' } });
});

test('a handler that first looks at its signal after the abort finds it aborted, with the reason', async () => {
  let look: () => void = () => undefined;
  const { result, clock } = setUp(async (execution) => {
    await new Promise<void>((resolve) => {
      look = resolve;
    });
    return { kind: 'succeeded', result: String(execution.signal.reason) };
  });

  await clock.advance(1_000);
  look();

  expect(await result).toEqual({
    kind: 'succeeded',
    result: 'LeveretError: the attempt took over 1000 ms',
  });
});

test('an attempt that ended is not aborted any more', async () => {
  let signal: AbortSignal | undefined;
  const { attempt, clock, stuckCount } = setUp(async (execution) => {
    signal = execution.signal;
    return { kind: 'succeeded', result: 1 };
  });
  await attempt.ended;

  attempt.abort().catch(() => undefined);
  await clock.advance(ABORT_GRACE_MS);

  expect(signal?.aborted).toBe(false);
  expect(stuckCount()).toBe(0);
});

test('an executor that rejects fails the attempt, which ends', async () => {
  const { attempt, result, clock } = setUp(() => Promise.reject(new Error('spawn ENOMEM')));

  await attempt.ended;

  expect(await result).toMatchObject({ kind: 'failed', failure: { message: 'spawn ENOMEM' } });
  expect(clock.pending()).toBe(0);
});
