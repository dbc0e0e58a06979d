import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readFile, rename, rm } from 'node:fs/promises';
import { silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { outgoing } from '../../fixtures/outgoing.ts';
import { startProcess } from '../../fixtures/processes.ts';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { Guards } from './file-guard.ts';

/** Opens and closes the file by other means, moves it and deletes parts of it, while processes work on it. */

/** As a backup or another SQLite library does: closing the files takes the locks of this process away. */
async function readByOtherMeans(file: string): Promise<void> {
  await readFile(file);
  await readFile(`${file}-shm`);
}

test('nothing is lost when this process reads the file by other means and the process that shares it ends', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await using other = await startProcess('./open-process.ts', file);
  expect(await other.line()).toBe('open');
  await broker.publish([outgoing('before')]);

  await readByOtherMeans(file);
  await other.stop();
  await broker.publish([outgoing('after')]);

  await using worker = await startProcess('./claiming-process.ts', file);
  expect([await worker.line(), await worker.line()]).toEqual(['before', 'after']);
  await broker.publish([outgoing('later')]);
  expect(await worker.line()).toBe('later');
});

test('nothing is lost when this process reads the file by other means and a foreign program opens and closes it', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await broker.publish([outgoing('before')]);

  await readByOtherMeans(file);
  await using program = await startProcess('./reading-process.ts', file);
  expect(await program.line()).toBe('1');
  await program.stop();
  await broker.publish([outgoing('after')]);

  await using again = await startProcess('./reading-process.ts', file);
  expect(await again.line()).toBe('2');
});

test('nothing is lost when this process reads the file by other means all the time while two processes write', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await using other = await startProcess('./publishing-process.ts', file);
  expect(await other.line()).toBe('ready');
  let isOtherDone = false;
  const ended = other.line().then((line) => {
    isOtherDone = true;
    return line;
  });

  let accepted = 0;
  while (!isOtherDone) {
    const published = Array.from({ length: 20 }, () => broker.publish([outgoing(`own-${accepted++}`)]));
    const all = Promise.all(published);
    for (let reads = 0; reads < 5; reads += 1) await readByOtherMeans(file);
    await all;
  }

  expect(await ended).toBe('accepted');
  await using program = await startProcess('./reading-process.ts', file);
  expect(await program.line()).toBe(String(4_000 + accepted));
});

test('a copy of the file does no harm in a process that ends, and the last to close the file deletes the log', async () => {
  const file = await freshFile();
  const { broker, database } = await openDatabase(file);
  await broker.publish([outgoing('job')]);
  await copyFile(file, `${file}.copy`);

  await database.close();

  expect(existsSync(`${file}-wal`)).toBe(false);
  await using program = await startProcess('./reading-process.ts', file);
  expect(await program.line()).toBe('1');
});

test('a file that was moved away takes nothing more, says so, and is used again when it is back', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await broker.publish([outgoing('before')]);
  const move = async (from: string, to: string) => {
    for (const part of ['', '-wal', '-shm']) await rename(`${from}${part}`, `${to}${part}`);
  };

  await move(file, `${file}.moved`);
  await expect(broker.publish([outgoing('refused')])).rejects.toMatchObject({
    code: 'BROKER_UNAVAILABLE',
    message: expect.stringContaining(`${file}: the file is gone: it was moved or deleted`),
  });
  expect(broker.status()).toMatchObject({ state: 'down', reason: expect.stringContaining('restart') });
  expect(existsSync(file)).toBe(false);

  await move(`${file}.moved`, file);
  await expect.poll(() => broker.status()).toEqual({ state: 'up' });
  await broker.publish([outgoing('after')]);
  expect(await broker.inspect(['q'])).toMatchObject([{ ready: 2 }]);
});

test('a file that was replaced takes nothing more: the process that is started next uses the new one', async () => {
  const file = await freshFile();
  const { database: made } = await openDatabase(`${file}.other`);
  await made.close();
  const { broker, database } = await openDatabase(file);
  await broker.publish([outgoing('old')]);

  await rename(`${file}.other`, file);
  await expect(broker.publish([outgoing('refused')])).rejects.toMatchObject({
    message: expect.stringContaining('was replaced by another file'),
  });
  await database.close();
  for (const part of ['-wal', '-shm']) await rm(`${file}${part}`, { force: true });

  const { broker: fresh } = await openDatabase(file);
  expect(await fresh.inspect(['q'])).toMatchObject([{ ready: 0 }]);
});

test('what is in a log that was deleted is saved into the file, and nothing more is accepted', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await broker.publish([outgoing('accepted', { payload: 'the payload' })]);
  expect(readFileSync(file).includes('the payload')).toBe(false);

  await rm(`${file}-wal`);

  await expect.poll(() => readFileSync(file).includes('the payload')).toBe(true);
  await expect(broker.publish([outgoing('refused')])).rejects.toMatchObject({
    message: expect.stringContaining('its -wal file is gone'),
  });
});

/** Guards of their own, of a file, on a clock that the test turns. */
async function setUpGuards() {
  const clock = createManualClock();
  const guards = new Guards(clock);
  const lines: string[] = [];
  const note = (_fields: object, text: string) => void lines.push(text);
  const file = await freshFile();
  const before = new Set(guardProcesses());
  await guards.add(file, { ...silentLogger, warn: note, info: note });
  onTestFinished(() => guards.remove(file, silentLogger));
  const own = () => guardProcesses().filter((pid) => !before.has(pid));
  return { clock, lines, own };
}

/** As Linux tells them. */
function guardProcesses(): readonly number[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('file-guard'))
    .map(Number);
}

test.skipIf(process.platform !== 'linux')(
  'a guard that dies is started again immediately, and one that dies again and again after a longer and longer pause',
  async () => {
    const { clock, lines, own } = await setUpGuards();
    /** What was logged about a death; the guard is back after `pauseMs` and not earlier. */
    const die = async (pauseMs: number) => {
      const [pid = expect.unreachable()] = own();
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => lines).toHaveLength(1);
      await clock.advance(pauseMs - 1);
      const earlyCount = own().length;
      await clock.advance(1);
      await expect.poll(() => lines).toHaveLength(2);
      const [line = '', back] = lines.splice(0);
      expect([earlyCount, back]).toEqual([0, 'the database file is guarded again']);
      return line.replace('the guard of the database file died: it is started again', '').trim();
    };

    const told: string[] = [];
    for (const pauseMs of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
      told.push(await die(pauseMs));
    await clock.advance(60_000);
    told.push(await die(0));

    const pauses = [
      '',
      'in 1 s',
      'in 2 s',
      'in 4 s',
      'in 8 s',
      'in 16 s',
      'in 32 s',
      'in 60 s',
      'in 60 s',
      '',
    ];
    expect(told).toEqual(pauses);
  },
);
