import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@leveret/core';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { openControlSession } from './wiring.ts';

/** The path of a file that does not exist yet. */
async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-control-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'leveret.db');
}

test('a ledger that is not there is named, and not created', async () => {
  const file = await newFile();

  await expect(openControlSession(file, silentLogger, {})).rejects.toThrow(`there is no ledger ${file}`);
  expect(existsSync(file)).toBe(false);
});

test('a broker that cannot be understood is named', async () => {
  const env = { LEVERET_AMQP_URL: 'http://localhost' };

  await expect(openControlSession('none.db', silentLogger, env)).rejects.toThrow(/LEVERET_AMQP_URL: must be/);
});

test('a broker that accepts a connection and never answers is away after two seconds, and queues are paused without it', async () => {
  const file = await newFile();
  await (await openSqliteDatabase({ file, logger: silentLogger })).close();
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const session = await openControlSession(file, silentLogger, {
    LEVERET_AMQP_URL: `amqp://127.0.0.1:${port}`,
  });
  onTestFinished(() => session.close());

  expect(session.broker.status()).toEqual({
    state: 'down',
    code: 'BROKER_UNAVAILABLE',
    reason: 'the broker has not answered within 2 s',
  });
  expect(await session.control.pauseQueue({ queue: 'mail', by: 'ann@host' })).toMatchObject({
    isChanged: true,
  });
});

test('a ledger that another program has locked is an error soon, before and after it was opened', async () => {
  const file = await newFile();
  await (await openSqliteDatabase({ file, logger: silentLogger })).close();
  const session = await openControlSession(file, silentLogger, {});
  onTestFinished(() => session.close());
  const other = new Database(file);
  onTestFinished(() => void other.close());
  other.exec('BEGIN EXCLUSIVE');
  const since = performance.now();

  const pausing = session.control.pauseQueue({ queue: 'mail', by: 'ann@host' }).catch(async (error) => {
    // About a second, where it would be five without a shorter wait; two database threads start meanwhile.
    expect(performance.now() - since).toBeLessThan(4_500);
    throw error;
  });
  const outcomes = await Promise.allSettled([pausing, openControlSession(file, silentLogger, {})]);

  other.exec('ROLLBACK');
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('another process is writing, or was stopped while it did'),
      },
    });
  expect(await session.store.pauses()).toEqual([]);
});

test.each([
  ['rabbitmq', {}, /the jobs of this ledger are on RabbitMQ, and LEVERET_AMQP_URL does not name it/],
  ['rabbitmq', { LEVERET_AMQP_URL: 'embedded:' }, /are on RabbitMQ/],
  [
    'sqlite',
    { LEVERET_AMQP_URL: 'amqp://127.0.0.1:1' },
    /are in its SQLite file, and LEVERET_AMQP_URL names a RabbitMQ/,
  ],
])('of a ledger on %s, the environment %o is refused', async (name, env, words) => {
  const file = await newFile();
  const database = await openSqliteDatabase({ file, logger: silentLogger });
  await createSqliteJobStore({ database }).noteBroker(name);
  await database.close();

  const opening = openControlSession(file, silentLogger, env);

  await expect(opening).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(words),
  });
});
