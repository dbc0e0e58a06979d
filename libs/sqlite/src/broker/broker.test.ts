import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Clock,
  type Delivery,
  type JobMessage,
  type Logger,
  silentLogger,
  systemClock,
} from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteDatabase } from '../database.ts';
import { openConnection } from '../file/libsql.ts';
import { createSqliteJobStore } from '../ledger/job-store.ts';
import { createSqliteBroker } from './broker.ts';

const HOUR_MS = 3_600_000;

async function open({ clock = systemClock, logger = silentLogger }: { clock?: Clock; logger?: Logger } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-broker-'));
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file, logger });
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { file, database, broker: createSqliteBroker({ database, clock, logger }) };
}

function message(id: string, delayMs = 0) {
  const body = new TextEncoder().encode('1');
  const job: JobMessage = {
    version: 1,
    id,
    kind: 'k',
    queue: 'q',
    priority: 'normal',
    attempt: 1,
    createdAt: 1,
    heldMs: 0,
    crashes: 0,
    snoozes: 0,
    headers: {},
    body,
  };
  return { message: job, delayMs };
}

function rowsOf(file: string, sql: string) {
  const connection = openConnection(file);
  const rows = connection.prepare(sql).all();
  connection.close();
  return rows;
}

test('a delivery that was given back cannot settle the one that came after it', async () => {
  const { broker } = await open();
  const deliveries: Delivery[] = [];
  await broker.publish([message('job')]);
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  deliveries[0]?.release();
  await expect.poll(() => deliveries.length).toBe(2);

  await deliveries[0]?.settle({ events: [] });
  deliveries[0]?.release();
  await broker.inspect(['q']);

  expect(deliveries).toHaveLength(2);
  await deliveries[1]?.settle({ successor: { kind: 'requeue', ...message('job', HOUR_MS) }, events: [] });
  expect(await broker.inspect(['q'])).toEqual([{ queue: 'q', ready: 0, dead: 0 }]);
});

test('a settlement that comes when others have taken the job over is told', async () => {
  const warned: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (_fields: object, text?: string) => void warned.push(String(text)),
  };
  const { file, broker } = await open({ logger: logger as Logger });
  const deliveries: Delivery[] = [];
  await broker.publish([message('job')]);
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  const connection = openConnection(file);
  connection.exec('UPDATE message SET claim = 999');
  connection.close();

  await deliveries[0]?.settle({ events: [] });

  expect(warned).toEqual([expect.stringContaining('taken over')]);
});

test('a closed broker takes and gives nothing, though its database is open', async () => {
  const { broker } = await open();
  await broker.close(0);

  const refused = { code: 'BROKER_UNAVAILABLE' };
  await expect(broker.publish([message('job')])).rejects.toMatchObject(refused);
  await expect(broker.emit([{ type: 'started' } as never])).rejects.toMatchObject(refused);
  await expect(broker.consume('q', { prefetch: 1, onDelivery: () => undefined })).rejects.toMatchObject(
    refused,
  );
  await expect(broker.recordEvents(async () => undefined)).rejects.toMatchObject(refused);
  await expect(broker.inspect(['q'])).rejects.toMatchObject(refused);
  expect(broker.status()).toMatchObject({ state: 'down' });
});

test('of two brokers on one database, one is the active recorder', async () => {
  const { database, broker } = await open();
  const second = createSqliteBroker({ database });
  const recorded: string[] = [];
  const recordAs = (name: string) => async (events: readonly unknown[]) => {
    for (const _event of events) recorded.push(name);
  };
  await broker.recordEvents(recordAs('first'));
  await second.recordEvents(recordAs('second'));

  for (let event = 0; event < 5; event += 1) await second.emit([{ type: 'started' } as never]);

  await expect.poll(() => recorded).toEqual(Array.from({ length: 5 }, () => 'first'));
});

test('events are given in batches that a recorder can bear, however large the lists are', async () => {
  const { broker } = await open();
  const list = Array.from({ length: 1_000 }, () => ({ type: 'started', text: 'x'.repeat(200) }));
  for (let emitted = 0; emitted < 5; emitted += 1) await broker.emit(list as never);
  const sizes: number[] = [];

  await broker.recordEvents(async (events) => void sizes.push(events.length));

  await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(5_000);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
});

test('one that falls due among very many is claimed without touching the others', async () => {
  const { file, database, broker } = await open();
  await broker.publish(Array.from({ length: 2_000 }, (_, index) => message(`job-${index}`, 60_000)));

  const now = database.time.now(systemClock) + HOUR_MS;
  const { rows } = await database.call('claim', 'q', 1, now);

  expect(rows).toHaveLength(1);
  expect(rowsOf(file, 'SELECT count(*) FROM message WHERE due_at IS NOT NULL AND claim IS NULL')).toEqual([
    [1_999],
  ]);
});

test('jumps of the wall clock make nothing due early and strand nothing', async () => {
  let offMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + offMs };
  const { broker } = await open({ clock });
  const arrived: string[] = [];
  await broker.consume('q', { prefetch: 5, onDelivery: ({ message: { id } }) => arrived.push(id) });
  await broker.publish([message('in half an hour', HOUR_MS / 2)]);

  offMs = HOUR_MS;
  await broker.publish([message('soon', 300)]);
  await expect.poll(() => arrived).toEqual(['soon']);
  offMs = -HOUR_MS;
  await broker.publish([message('soon again', 300)]);

  await expect.poll(() => arrived).toEqual(['soon', 'soon again']);
});

test('the reason of a dead letter is kept whole, whatever is in it', async () => {
  const { file, broker } = await open();
  await broker.publish([message('job')]);
  const deliveries: Delivery[] = [];
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  const [{ message: job } = message('none')] = deliveries;

  const failure = { code: 'HANDLER_FAILED', message: 'before\0after' } as const;
  await deliveries[0]?.settle({ successor: { kind: 'dead-letter', message: job, failure }, events: [] });

  expect(rowsOf(file, 'SELECT failure_message FROM dead_letter')).toEqual([['before\u2400after']]);
});

test('a job that is published and entered in one commit is dispatched at once, and one that is only entered is not', async () => {
  const { database, broker } = await open();
  const store = createSqliteJobStore({ database });
  const entryOf = (id: string) => ({ outgoing: message(id), maxAttempts: 1 });

  await Promise.all([broker.publish([message('both')]), store.accept([entryOf('both'), entryOf('entered')])]);

  await store.holdUndispatched(['both', 'entered'], 0);
  const undispatched = await store.claimUndispatched({ limit: 10, maxBytes: 1e6, leaseMs: 1 });
  expect(undispatched.map(({ message: { id } }) => id)).toEqual(['entered']);
});

test('what is asked for in one turn is done in order, and each sees what came before it', async () => {
  const { broker, database } = await open();
  const store = createSqliteJobStore({ database });
  const job = message('job');

  const [, before, , known, , after] = await Promise.all([
    broker.publish([job]),
    broker.inspect(['q']),
    store.accept([{ outgoing: job, maxAttempts: 1 }]),
    store.get('job'),
    broker.publish([message('other')]),
    broker.inspect(['q']),
  ]);

  expect([before, after]).toMatchObject([[{ ready: 1 }], [{ ready: 2 }]]);
  expect(known).toMatchObject({ id: 'job' });
});
