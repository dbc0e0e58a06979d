import type { JobEvent, RecordableEvent } from '@leveret/core';
import {
  createInbox,
  sampleEntry,
  sampleMessage,
  started,
  succeeded,
  succeededFirst,
} from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, type OpenDatabase, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';

/** A database with a recorder that is given everything that is not recorded where it is emitted. */
async function openWithRecorder(ledgerId?: string) {
  const file = await freshFile();
  const opened = await openDatabase(file);
  const given = createInbox<readonly unknown[]>();
  const recording = await opened.broker.recordEvents(async (entries) => given.put(entries), {
    ledgerId: ledgerId ?? (await opened.store.ledgerId()),
  });
  await becomeActive(opened);
  onTestFinished(() => opened.broker.close(0));
  return { file, ...opened, given, recording };
}

/** The recorder becomes the active one with its first question, which was asked before this one. */
async function becomeActive({ database }: OpenDatabase): Promise<void> {
  await database.call('probe');
}

function refuse(file: string, jobId: string): void {
  const connection = openConnection(file);
  connection.exec(
    `CREATE TRIGGER refused BEFORE INSERT ON job WHEN NEW.id = '${jobId}' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  connection.close();
}

function countersIn(file: string) {
  const connection = openConnection(file);
  const rows = connection.prepare('SELECT state, count FROM counter WHERE count <> 0 ORDER BY state').all();
  connection.close();
  return rows;
}

async function publish({ broker }: OpenDatabase, message: ReturnType<typeof sampleMessage>) {
  const deliveries = createInbox<Parameters<Parameters<typeof broker.consume>[1]['onDelivery']>[0]>();
  await broker.consume(message.queue, { prefetch: 1, onDelivery: deliveries.put });
  await broker.publish([{ message, delayMs: 0 }]);
  return await deliveries.next();
}

test('an outcome is in the ledger when its settlement resolves, and no recorder is given it', async () => {
  const opened = await openWithRecorder();
  const message = sampleMessage('q');
  const delivery = await publish(opened, message);

  await delivery.settle({ events: [succeeded(message)] });

  expect(await opened.store.get(message.id)).toMatchObject({ state: 'succeeded' });
  expect(await opened.database.call('hasEvents')).toBe(false);
});

test('events of another process of the file are recorded where they are emitted too', async () => {
  const { file, store } = await openWithRecorder();
  const other = await openDatabase(file);
  const message = sampleMessage('q');

  await other.broker.emit([started(message)]);

  expect(await store.get(message.id)).toMatchObject({ state: 'running' });
  await other.broker.close(0);
});

test('events of a job that is accepted in the same commit find it there', async () => {
  const { broker, store } = await openWithRecorder();
  const message = sampleMessage('q');

  await Promise.all([
    store.accept([{ outgoing: { message, delayMs: 0 }, maxAttempts: 7 }]),
    broker.emit([succeeded(message)]),
  ]);

  expect(await store.get(message.id)).toMatchObject({ state: 'succeeded', payload: expect.anything() });
});

test('what is not an event is given to the recorder, with all of its batch', async () => {
  const { broker, store, given } = await openWithRecorder();
  const message = sampleMessage('q');
  const entries = [{ type: 'of a newer version' } as unknown as JobEvent, succeeded(message)];

  await broker.emit(entries);

  expect(await given.next()).toEqual(entries);
  expect(await store.get(message.id)).toBeUndefined();
});

test('an event that the ledger refuses is given to the recorder, and its settlement is done', async () => {
  const opened = await openWithRecorder();
  const message = sampleMessage('q');
  refuse(opened.file, message.id);
  const delivery = await publish(opened, message);

  await delivery.settle({ events: [succeeded(message)] });

  expect(await opened.given.next()).toEqual([succeeded(message)]);
  expect(await opened.broker.inspect(['q'])).toMatchObject([{ ready: 0 }]);
  expect(countersIn(opened.file)).toEqual([]);
});

test('a recorder of another ledger is given all events', async () => {
  const { broker, given, store } = await openWithRecorder('01900000-0000-4000-8000-000000000000');
  const message = sampleMessage('q');

  await broker.emit([succeeded(message)]);

  expect(await given.next()).toEqual([succeeded(message)]);
  expect(await store.get(message.id)).toBeUndefined();
});

test('without a recorder, events wait for one', async () => {
  const { broker, database, recording, store } = await openWithRecorder();
  const message = sampleMessage('q');
  await recording.stop();

  await broker.emit([succeeded(message)]);

  expect(await store.get(message.id)).toBeUndefined();
  expect(await database.call('hasEvents')).toBe(true);
});

test('who follows events is told once of those that are recorded where they are emitted', async () => {
  const { broker } = await openWithRecorder();
  const told = createInbox<readonly RecordableEvent[]>();
  await broker.live.followEvents({ onReceived: told.put, onGap: () => undefined });
  const [first, second] = [sampleMessage('q'), sampleMessage('q')];

  await broker.emit([succeeded(first)]);
  await broker.emit([succeeded(second)]);

  expect(await told.next()).toEqual([succeeded(first)]);
  expect(await told.next()).toEqual([succeeded(second)]);
});

test('a job that succeeds at its first attempt is in the ledger when its settlement resolves, and followers are told its event', async () => {
  const opened = await openWithRecorder();
  const { broker, store } = opened;
  const told = createInbox<readonly RecordableEvent[]>();
  await broker.live.followEvents({ onReceived: told.put, onGap: () => undefined });
  const message = sampleMessage('q');
  const event = { ...succeededFirst(message), result: { pages: [1, null] } };
  await store.accept([sampleEntry(message)]);
  const delivery = await publish(opened, message);

  await delivery.settle({ events: [event] });

  expect(await store.get(message.id)).toMatchObject({
    state: 'succeeded',
    result: event.result,
    workerId: 'w1',
  });
  expect(await told.next()).toEqual([event]);
});

test('without a recorder, the first success of a job waits for one as an event', async () => {
  const opened = await openWithRecorder();
  const message = sampleMessage('q');
  await opened.recording.stop();
  const delivery = await publish(opened, message);

  await delivery.settle({ events: [succeededFirst(message)] });
  const given = createInbox<readonly unknown[]>();
  await opened.broker.recordEvents(async (entries) => given.put(entries));

  expect(await given.next()).toEqual([succeededFirst(message)]);
});

test('a first success that the ledger refuses is given to the recorder, and its settlement is done', async () => {
  const opened = await openWithRecorder();
  const message = sampleMessage('q');
  refuse(opened.file, message.id);
  const delivery = await publish(opened, message);

  await delivery.settle({ events: [succeededFirst(message)] });

  expect(await opened.given.next()).toEqual([succeededFirst(message)]);
  expect(await opened.broker.inspect(['q'])).toMatchObject([{ ready: 0 }]);
  expect(countersIn(opened.file)).toEqual([]);
});

test('thousands of events that are emitted at once are all recorded', async () => {
  const { file, broker, store } = await openWithRecorder();
  const messages = Array.from({ length: 2_500 }, () => sampleMessage('q'));

  await broker.emit(messages.map((message) => succeeded(message)));

  const states = await Promise.all(messages.map(async ({ id }) => (await store.get(id))?.state));
  expect(new Set(states)).toEqual(new Set(['succeeded']));
  expect(countersIn(file)).toEqual([['succeeded', 2_500]]);
});
