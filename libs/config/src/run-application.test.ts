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

function run(start: () => Promise<RunningApplication>) {
  const host = createHost();
  const clock = createManualClock();
  return { ...host, clock, done: runApplication({ start, stopWithinMs: 1_000, host: host.host, clock }) };
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
  process.signal('SIGINT');

  expect(process.exits).toEqual([130]);
});

test('an application that does not stop in time is ended', async () => {
  const process = run(async () => ({ stop: () => new Promise(() => undefined) }));
  process.signal('SIGTERM');

  await process.clock.advance(1_000);

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
