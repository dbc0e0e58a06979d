import { type Delivery, type Logger, silentLogger, systemClock } from '@leveret/core';
import { expect, test } from 'vitest';
import { outgoing } from '../../fixtures/outgoing.ts';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';
import { createSqliteBroker } from './broker.ts';

const HOUR_MS = 3_600_000;

async function open(options: Parameters<typeof openDatabase>[1] = {}) {
  const file = await freshFile();
  return { file, ...(await openDatabase(file, options)) };
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
  await broker.publish([outgoing('job')]);
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  deliveries[0]?.release();
  await expect.poll(() => deliveries.length).toBe(2);

  await deliveries[0]?.settle({ events: [] });
  deliveries[0]?.release();
  await broker.inspect(['q']);

  expect(deliveries).toHaveLength(2);
  await deliveries[1]?.settle({
    successor: { kind: 'requeue', ...outgoing('job', { delayMs: HOUR_MS }) },
    events: [],
  });
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
  await broker.publish([outgoing('job')]);
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
  await expect(broker.publish([outgoing('job')])).rejects.toMatchObject(refused);
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
  await broker.publish(
    Array.from({ length: 2_000 }, (_, index) => outgoing(`job-${index}`, { delayMs: 60_000 })),
  );

  const now = database.time.now(systemClock) + HOUR_MS;
  const [rows] = await database.call('claim', 'q', 1, now);

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
  await broker.publish([outgoing('in half an hour', { delayMs: HOUR_MS / 2 })]);

  offMs = HOUR_MS;
  await broker.publish([outgoing('soon', { delayMs: 300 })]);
  await expect.poll(() => arrived).toEqual(['soon']);
  offMs = -HOUR_MS;
  await broker.publish([outgoing('soon again', { delayMs: 300 })]);

  await expect.poll(() => arrived).toEqual(['soon', 'soon again']);
});

test('the reason of a dead letter is kept whole, whatever is in it', async () => {
  const { file, broker } = await open();
  await broker.publish([outgoing('job')]);
  const deliveries: Delivery[] = [];
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => deliveries.push(delivery) });
  await expect.poll(() => deliveries.length).toBe(1);
  const [{ message: job } = outgoing('none')] = deliveries;

  const failure = { code: 'HANDLER_FAILED', message: 'before\0after' } as const;
  await deliveries[0]?.settle({ successor: { kind: 'dead-letter', message: job, failure }, events: [] });

  expect(rowsOf(file, 'SELECT failure_message FROM dead_letter')).toEqual([['before\u2400after']]);
});

test('a job that is published and entered in one commit is dispatched at once and entered so, and one that is only entered is not', async () => {
  const { broker, store } = await open();
  const entryOf = (id: string) => ({ outgoing: outgoing(id), maxAttempts: 1 });

  const [, answers, mixed] = await Promise.all([
    broker.publish([outgoing('alone'), outgoing('both')]),
    store.accept([entryOf('alone')]),
    store.accept([entryOf('both'), entryOf('entered')]),
  ]);

  expect([answers, mixed]).toEqual([['dispatched'], ['new', 'new']]);
  await store.holdUndispatched(['alone', 'both', 'entered'], 0);
  const undispatched = await store.claimUndispatched({ limit: 10, maxBytes: 1e6, leaseMs: 1 });
  expect(undispatched.map(({ message: { id } }) => id)).toEqual(['entered']);
});

test('what is asked for in one turn is done in order, and each sees what came before it', async () => {
  const { broker, store } = await open();
  const job = outgoing('job');

  const [, before, , known, , after] = await Promise.all([
    broker.publish([job]),
    broker.inspect(['q']),
    store.accept([{ outgoing: job, maxAttempts: 1 }]),
    store.get('job'),
    broker.publish([outgoing('other')]),
    broker.inspect(['q']),
  ]);

  expect([before, after]).toMatchObject([[{ ready: 1 }], [{ ready: 2 }]]);
  expect(known).toMatchObject({ id: 'job' });
});

test('a message that its consumer claimed while it was stopped comes to the next consumer as new', async () => {
  const { broker } = await open();
  await broker.publish([outgoing('job')]);
  const [early, late]: [Delivery[], Delivery[]] = [[], []];

  const subscription = await broker.consume('q', {
    prefetch: 1,
    onDelivery: (delivery) => early.push(delivery),
  });
  await subscription.stop();
  await broker.consume('q', { prefetch: 1, onDelivery: (delivery) => late.push(delivery) });
  await expect.poll(() => late.length).toBe(1);

  expect(early).toEqual([]);
  expect(late.map(({ origin, returnCount }) => ({ origin, returnCount }))).toEqual([
    { origin: 'first', returnCount: 0 },
  ]);
});
