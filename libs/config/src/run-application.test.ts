import { LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type HostProcess, type RunningApplication, runApplication } from './run-application.ts';

/** A process that remembers what was done to it. */
function createHost() {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  let said = '';
  const host: HostProcess = {
    on: (signal, listener) => listeners.set(signal, listener),
    exit: (code) => exits.push(code),
    stderr: {
      write: (text) => {
        said += text;
      },
    },
  };
  return { host, exits, said: () => said, signal: (name: string) => listeners.get(name)?.() };
}

function run(start: (stopping: AbortSignal) => Promise<RunningApplication>) {
  const host = createHost();
  const clock = createManualClock();
  return { ...host, clock, done: runApplication({ start, stopWithinMs: 5_000, host: host.host, clock }) };
}

test.each(['SIGINT', 'SIGTERM'])(
  '%s stops the application in order, and the process exits 0',
  async (name) => {
    let stopped = false;
    const process = run(async () => ({
      stop: async () => {
        stopped = true;
      },
    }));

    process.signal(name);
    await process.done;

    expect(stopped).toBe(true);
    expect(process.exits).toEqual([0]);
  },
);

test('a second signal quits at once', async () => {
  const process = run(async () => ({ stop: () => new Promise(() => undefined) }));

  process.signal('SIGTERM');
  await process.clock.advance(1_000);
  process.signal('SIGINT');

  expect(process.exits).toEqual([130]);
});

test('a signal that comes twice within a second, as npm sends it on, is one wish', async () => {
  let end: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    end = resolve;
  });
  const process = run(async () => ({ stop: () => stopped }));

  process.signal('SIGINT');
  await process.clock.advance(7);
  process.signal('SIGINT');
  await process.clock.advance(900);
  process.signal('SIGTERM');
  expect(process.exits).toEqual([]);
  end();
  await process.done;

  expect(process.exits).toEqual([0]);
});

test('a signal during the start stops what was started', async () => {
  let stopCount = 0;
  let finishStart: (application: RunningApplication) => void = () => undefined;
  const process = run(
    () =>
      new Promise((resolve) => {
        finishStart = resolve;
      }),
  );

  process.signal('SIGINT');
  finishStart({
    stop: async () => {
      stopCount += 1;
    },
  });
  await process.done;

  expect(stopCount).toBe(1);
  expect(process.exits).toEqual([0]);
  expect(process.clock.pending()).toBe(0);
});

test('a start that gives up because of a signal is no failure', async () => {
  const process = run(
    (stopping) =>
      new Promise((_, reject) => stopping.addEventListener('abort', () => reject(stopping.reason))),
  );

  process.signal('SIGINT');
  await process.done;

  expect(process.exits).toEqual([0]);
  expect(process.said()).toBe('');
});

test('a start that hangs is ended when its stop takes too long', async () => {
  const process = run(() => new Promise(() => undefined));

  process.signal('SIGTERM');
  await process.clock.advance(5_000);

  expect(process.exits).toEqual([1]);
  expect(process.said()).toContain('still not stopped');
});

test('what fails because of the stop frightens nobody', async () => {
  const process = run(async (stopping) => ({
    stop: () => Promise.resolve(),
    ended: new Promise((_, reject) => stopping.addEventListener('abort', () => reject(new Error('cut')))),
  }));

  process.signal('SIGINT');
  await process.done;

  expect(process.exits).toEqual([0]);
  expect(process.said()).toBe('');
});

test('an application that does not stop in time is ended', async () => {
  const process = run(async () => ({ stop: () => new Promise(() => undefined) }));
  process.signal('SIGTERM');

  await process.clock.advance(5_000);

  expect(process.exits).toEqual([1]);
  expect(process.said()).toContain('still not stopped');
});

test('an application that ends by itself is stopped, and gives the exit code', async () => {
  const process = run(async () => ({ stop: () => Promise.resolve(), ended: Promise.resolve(3) }));

  await process.done;

  expect(process.exits).toEqual([3]);
});

test('an application that cannot start says why and what to do, without a stack', async () => {
  const process = run(() => Promise.reject(new LeveretError('PORT_IN_USE', '127.0.0.1:3000 is taken')));

  await process.done;

  expect(process.exits).toEqual([1]);
  expect(process.said()).toContain('PORT_IN_USE');
  expect(process.said()).toContain('127.0.0.1:3000 is taken');
  expect(process.said()).toContain('set PORT');
  expect(process.said()).not.toContain('    at ');
});
