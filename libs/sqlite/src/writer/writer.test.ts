import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { attachWriter } from './writer.ts';

function attach(worker: Worker) {
  const troubles: (string | undefined)[] = [];
  const clock = createManualClock();
  const onTrouble = (reason: string | undefined) => troubles.push(reason);
  return {
    troubles,
    clock,
    writer: attachWriter(worker, {
      file: '/data/leveret.db',
      clock,
      logger: silentLogger,
      onTrouble,
      onShortage: () => undefined,
    }),
  };
}

test('when the thread dies, what waits and what comes is refused at once with the reason, and ending it resolves', async () => {
  const dying =
    "require('node:worker_threads').parentPort.on('message', () => { throw new Error('planned'); })";
  const { writer, troubles } = attach(new Worker(dying, { eval: true, execArgv: [] }));

  const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('planned') };
  await expect(writer.call('hasEvents')).rejects.toMatchObject(refused);
  await expect(writer.call('hasEvents')).rejects.toMatchObject(refused);
  await writer.end();

  expect(troubles.every((reason) => reason?.includes('planned'))).toBe(true);
  expect(troubles).not.toHaveLength(0);
});

test('a call whose arguments cannot change threads is refused alone, and its neighbours are sent', async () => {
  const echo = `const { parentPort } = require('node:worker_threads');
    parentPort.on('message', ({ calls }) =>
      parentPort.postMessage({ type: 'replies', done: calls.map(([call]) => call), values: [], failures: [], wrote: true }))`;
  const worker = new Worker(echo, { eval: true, execArgv: [] });
  const { writer, troubles } = attach(worker);

  const [before, bad, after] = await Promise.allSettled([
    writer.call('emit', '1', 1),
    writer.call('emit', (() => undefined) as never, 1),
    writer.call('emit', '2', 1),
  ]);

  expect([before.status, bad.status, after.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(bad).toMatchObject({ reason: expect.any(TypeError) });
  expect(troubles.every((reason) => reason === undefined)).toBe(true);
  const gone = once(worker, 'exit');
  await worker.terminate();
  await gone;
});

/** A thread that answers each lot of calls with how many they are, when it is told to go on. */
const COUNTING = `const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', ({ calls }) => {
    Atomics.wait(workerData, 0, 0);
    const values = calls.flatMap(([call]) => [call, calls.length]);
    const wrote = calls.some(([, operation]) => operation !== 'hasEvents');
    parentPort.postMessage({ type: 'replies', done: [], values, failures: [], wrote });
  })`;

async function attachCounting() {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(COUNTING, { eval: true, execArgv: [], workerData: gate });
  onTestFinished(() => worker.terminate().then(() => undefined));
  const { writer, clock } = attach(worker);
  /** How many calls each of `count` writes made in one turn went together with; the first lot takes `tookMs`. */
  const lots = async (count: number, tookMs = 0) => {
    Atomics.store(gate, 0, 0);
    const answers = Promise.all(
      Array.from({ length: count }, () => writer.call('probe') as Promise<unknown>),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(tookMs);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    return [...new Set(await answers)];
  };
  return { lots, read: () => writer.call('hasEvents') };
}

test('an idle thread begins with the first fifty calls of a turn while the rest is made', async () => {
  const { lots } = await attachCounting();
  expect(await lots(60)).toEqual([60]);

  expect(await lots(60)).toEqual([50, 10]);
  expect(await lots(49)).toEqual([49]);
});

test('where the disk is slow, one turn is one commit, however quickly something was read', async () => {
  const { lots, read } = await attachCounting();

  expect(await lots(1, 5)).toEqual([1]);
  await read();
  expect(await lots(60)).toEqual([60]);
  expect(await lots(60)).toEqual([50, 10]);
});
