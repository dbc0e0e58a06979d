import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { silentLogger } from '@leveret/core';
import { expect, test } from 'vitest';
import { attachWriter } from './writer.ts';

function attach(worker: Worker) {
  const troubles: (string | undefined)[] = [];
  const onTrouble = (reason: string | undefined) => troubles.push(reason);
  return {
    troubles,
    writer: attachWriter(worker, { file: '/data/leveret.db', logger: silentLogger, onTrouble }),
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
      parentPort.postMessage({ type: 'replies', done: calls.map(({ call }) => call), replies: [], wrote: true }))`;
  const worker = new Worker(echo, { eval: true, execArgv: [] });
  const { writer, troubles } = attach(worker);

  const [before, bad, after] = await Promise.allSettled([
    writer.call('emit', '1'),
    writer.call('emit', (() => undefined) as never),
    writer.call('emit', '2'),
  ]);

  expect([before.status, bad.status, after.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(bad).toMatchObject({ reason: expect.any(TypeError) });
  expect(troubles.every((reason) => reason === undefined)).toBe(true);
  const gone = once(worker, 'exit');
  await worker.terminate();
  await gone;
});
