import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCEPTED_HOLD_MS, type Delivery, type Logger, silentLogger } from '@leveret/core';
import { expect, test } from 'vitest';
import { occupy } from '../fixtures/occupy.ts';
import { outgoing } from '../fixtures/outgoing.ts';
import { CAN_UNSHARE, startProcess } from '../fixtures/processes.ts';
import { freshFile, openDatabase } from '../fixtures/temporary-database.ts';
import { lockFile } from './file/lock-file.ts';

/** Provokes what goes wrong around a file: other processes that die or do not let go of it. */

test.skipIf(!CAN_UNSHARE)(
  'what a process of another container holds is its own while it lives, and taken over when it is killed',
  async () => {
    const file = await freshFile();
    const { broker, database } = await openDatabase(file);
    await broker.publish([outgoing('job-1'), outgoing('job-2')]);
    await using container = await startProcess('./claiming-process.ts', file, { isContainer: true });
    expect([await container.line(), await container.line()].sort()).toEqual(['job-1', 'job-2']);
    const delivered: string[] = [];
    let recorded = 0;
    await broker.consume('q', { prefetch: 5, onDelivery: (delivery) => delivered.push(delivery.message.id) });
    await broker.recordEvents(async (events) => {
      recorded += events.length;
    });
    await broker.emit([{ type: 'handed-back' } as never]);
    await expect.poll(() => database.call('poll', [], [], 0)).toMatchObject({ gone: [] });
    expect([delivered, recorded]).toEqual([[], 0]);

    await container.kill();

    await expect.poll(() => [...delivered].sort()).toEqual(['job-1', 'job-2']);
    await expect.poll(() => recorded).toBe(1);
    await database.close();
    expect((await readdir(join(file, '..'))).filter((name) => name.includes('claim'))).toEqual([]);
  },
);

test('while another process writes, reads are answered, and all that waits to be written is refused after one wait', async () => {
  const file = await freshFile();
  const { broker, store } = await openDatabase(file);
  {
    using _other = occupy(file);
    const startedAt = performance.now();
    const published = Promise.allSettled(
      [1, 2, 3, 4].map((number) => broker.publish([outgoing(`m${number}`)])),
    );

    expect(await store.get('nobody')).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    const outcomes = await published;

    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[0]).toMatchObject({ reason: { code: 'BROKER_UNAVAILABLE' } });
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    expect(broker.status()).toMatchObject({ state: 'down' });
  }
  await expect.poll(() => broker.status()).toEqual({ state: 'up' });
  expect(store.status()).toEqual({ state: 'up' });
});

test('a job that is given back while the file is busy comes again when it no longer is', async () => {
  const file = await freshFile();
  const warned: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (_fields: object, text?: string) => void warned.push(String(text)),
  };
  const { broker } = await openDatabase(file, { logger: logger as Logger });
  await broker.publish([outgoing('job')]);
  const deliveries: Delivery[] = [];
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  {
    using _other = occupy(file);
    deliveries[0]?.release();
    await expect.poll(() => warned, { timeout: 20_000 }).toContain('cannot give jobs back: will try again');
  }

  await expect.poll(() => deliveries.length).toBe(2);
  expect(deliveries[1]?.origin).toBe('returned');
});

test('a broker closes while the file is busy, and what it held is free when the database is closed', async () => {
  const file = await freshFile();
  const first = await openDatabase(file);
  await first.broker.publish([outgoing('job')]);
  const held: string[] = [];
  await first.broker.consume('q', { prefetch: 1, onDelivery: (delivery) => held.push(delivery.message.id) });
  await first.broker.recordEvents(async () => undefined);
  await expect.poll(() => held).toEqual(['job']);
  {
    using _other = occupy(file);
    await first.broker.close(0);
    await first.database.close();
  }

  const second = await openDatabase(file);
  const again: string[] = [];
  await second.broker.consume('q', {
    prefetch: 1,
    onDelivery: (delivery) => again.push(delivery.message.id),
  });
  await expect.poll(() => again).toEqual(['job']);
});

test('one of those that share a file does the checkpoints, and when it is gone another, so the log stays small', async () => {
  const file = await freshFile();
  const first = await openDatabase(file);
  const second = await openDatabase(file);
  const isElected = () => {
    const lock = lockFile(`${file}-checkpoint`);
    lock?.release();
    return lock === undefined;
  };
  expect(isElected()).toBe(true);
  const list = [{ type: 'started', text: 'x'.repeat(50_000) }];

  for (let emitted = 0; emitted < 400; emitted += 1) await second.broker.emit(list as never);
  await first.database.close();
  await expect.poll(isElected, { timeout: 10_000, interval: 200 }).toBe(true);
  for (let emitted = 0; emitted < 100; emitted += 1) await second.broker.emit(list as never);

  // After a checkpoint the log is written from its beginning, and cut to its limit.
  expect((await stat(`${file}-wal`)).size).toBeLessThan(17 * 1024 * 1024);
});

test('what a caller does wrong says nothing about the file', async () => {
  const { broker, store } = await openDatabase(await freshFile());
  const bad = { ...outgoing('bad'), message: { ...outgoing('bad').message, kind: null as never } };

  await expect(broker.publish([bad])).rejects.toThrow('NOT NULL');

  expect([broker.status(), store.status()]).toEqual([{ state: 'up' }, { state: 'up' }]);
});

test('a message that cannot be stored harms none of those that share its commit, and the ledger knows that it is not there', async () => {
  const { broker, store, database } = await openDatabase(await freshFile());
  const numbers = Array.from({ length: 30 }, (_, number) => number);
  const entries = numbers.map((number) => {
    const { message: job, delayMs } = outgoing(`job-${String(number).padStart(2, '0')}`);
    return { message: number === 13 ? { ...job, kind: null as never } : job, delayMs };
  });

  // One turn, and so one commit; the ledger is told of each right behind it.
  const outcomes = await Promise.allSettled(
    entries.flatMap((one) => [
      broker.publish([one]),
      store.accept([{ outgoing: { ...one, message: { ...one.message, kind: 'k' } }, maxAttempts: 1 }]),
    ]),
  );

  const refused = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
  expect(refused).toEqual([26]);
  expect(await broker.inspect(['q'])).toMatchObject([{ ready: 29 }]);
  const unsent = await database.call(
    'claimUndispatched',
    { limit: 50, maxBytes: 1e6, leaseMs: 0 },
    Date.now() + ACCEPTED_HOLD_MS,
  );
  expect(unsent.map(({ message: { id } }) => id)).toContain('job-13');
  expect(unsent.map(({ message: { id } }) => id)).not.toContain('job-12');
});

test('ringing other processes takes no room', async () => {
  const file = await freshFile();
  const { broker } = await openDatabase(file);
  await openDatabase(file);

  for (let event = 0; event < 20; event += 1) await broker.emit([{ type: 'started' } as never]);

  expect((await stat(`${file}-bell`)).size).toBe(1);
});
