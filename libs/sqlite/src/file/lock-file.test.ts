import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../fixtures/processes.ts';
import { freshFolder } from '../../fixtures/temporary-database.ts';
import { lockFile, openQuickLockable } from './lock-file.ts';

/** A thread that holds the lock until it is ended or dies of an error. */
async function lockInThread(path: string) {
  const thread = new Worker(new URL('../../fixtures/locking-thread.ts', import.meta.url), {
    workerData: path,
  });
  const isLocked = await new Promise((resolve) => thread.once('message', resolve));
  return { thread, isLocked };
}

test('a locked file is refused to the rest of the process, until it is released', async () => {
  const path = join(await freshFolder(), 'lock');
  const lock = lockFile(path);

  expect(lock).toBeDefined();
  expect(lockFile(path)).toBeUndefined();
  const { thread, isLocked } = await lockInThread(path);
  expect(isLocked).toBe(false);
  await thread.terminate();
  expect(lockFile(path)).toBeUndefined();

  lock?.release();
  lock?.release();
  const again = lockFile(path);
  expect(again).toBeDefined();
  again?.release();
  expect(await readdir(join(path, '..'))).toEqual(['lock']);
});

test('a lock ends with its thread, also when the thread dies', async () => {
  const path = join(await freshFolder(), 'lock');
  const { thread, isLocked } = await lockInThread(path);
  expect([isLocked, lockFile(path)]).toEqual([true, undefined]);

  thread.on('error', () => undefined);
  const gone = new Promise((resolve) => thread.once('exit', resolve));
  thread.postMessage('die');
  await gone;

  const lock = lockFile(path);
  expect(lock).toBeDefined();
  lock?.release();
});

test('a lock ends with its process, also when that is killed', async () => {
  const path = join(await freshFolder(), 'lock');
  await using other = await startProcess('./locking-process.ts', path);
  expect(await other.line()).toBe('locked');
  expect(lockFile(path)).toBeUndefined();

  await other.kill();

  const lock = lockFile(path);
  expect(lock).toBeDefined();
  lock?.release();
});

test('a quick lock keeps others out until it is unlocked, or its process is killed', async () => {
  const path = join(await freshFolder(), 'lock');
  const [one, two] = [openQuickLockable(path, 0), openQuickLockable(path, 0)];
  onTestFinished(() => {
    one.close();
    two.close();
  });
  expect([one.tryLock(), two.tryLock()]).toEqual([true, false]);
  one.unlock();
  expect([two.tryLock(), one.tryLock()]).toEqual([true, false]);
  two.unlock();

  await using other = await startProcess('./quick-locking-process.ts', path);
  expect(await other.line()).toBe('locked');
  expect(one.tryLock()).toBe(false);
  await other.kill();

  expect(one.tryLock()).toBe(true);
});

test('two that prepare a quick lock at the same time do not fail', async () => {
  const path = join(await freshFolder(), 'lock');
  const one = openQuickLockable(path, 0);
  const two = openQuickLockable(path, 0);

  expect(one.tryLock()).toBe(true);
  expect(two.tryLock()).toBe(false);
  one.close();

  expect(two.tryLock()).toBe(true);
  two.close();
});
