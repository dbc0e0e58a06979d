import { type Broker, type JobEvent, newId, systemClock, systemRandom } from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection, type SqlRow } from '../file/libsql.ts';

async function open() {
  const file = await freshFile();
  const { database, broker } = await openDatabase(file);
  onTestFinished(() => broker.close(0));
  return { file, database, broker };
}

async function follow(broker: Broker) {
  const inbox = createInbox<string>();
  const gaps = createInbox<string>();
  const subscription = await broker.live.followEvents({
    onReceived: (events) =>
      inbox.put(events.map((event) => ('workerId' in event ? event.workerId : '')).join()),
    onGap: () => gaps.put('gap'),
  });
  return { inbox, gaps, subscription };
}

/** A list of one event, which its worker names. */
function eventOf(workerId: string): readonly JobEvent[] {
  const jobId = newId(systemClock, systemRandom);
  const base = { jobId, kind: 'k', queue: 'q', attempt: 1, maxAttempts: 1, createdAt: 0, at: 0 };
  return [{ ...base, type: 'started', workerId }];
}

function query(file: string, sql: string): readonly SqlRow[] {
  const connection = openConnection(file);
  const rows = connection.prepare(sql).all();
  connection.close();
  return rows;
}

test('a follower that falls a thousand lists behind is told of the gap, and then of the newest', async () => {
  const { broker } = await open();
  const { inbox, gaps } = await follow(broker);

  await Promise.all(Array.from({ length: 3_000 }, (_, index) => broker.emit(eventOf(`job-${index}`))));

  await gaps.next();
  let told = await inbox.next();
  let toldCount = 1;
  for (; told !== 'job-2999'; toldCount += 1) told = await inbox.next();
  expect(toldCount).toBeLessThan(3_000);
});

test('nothing is kept when nobody follows, and nothing is left when nobody follows any more', async () => {
  const { broker, file } = await open();
  const countOf = () => query(file, 'SELECT count(*) FROM signal')[0]?.[0];
  await broker.live.onCommand({ onReceived: () => undefined, onGap: () => undefined });

  await broker.emit(eventOf('for nobody'));
  const before = countOf();
  const { inbox, subscription } = await follow(broker);
  await broker.emit(eventOf('for one'));
  expect(await inbox.next()).toBe('for one');
  const meanwhile = countOf();
  await subscription.stop();
  await broker.emit(eventOf('for nobody again'));

  expect([before, meanwhile, countOf()]).toEqual([0, 1, 1]);
  await broker.close(0);
  expect(countOf()).toBe(0);
});

test('one who begins to follow after signals were forgotten has missed nothing', async () => {
  const { broker } = await open();
  const first = await follow(broker);
  await broker.emit(eventOf('one'));
  await first.inbox.next();
  await first.subscription.stop();

  const second = await follow(broker);
  await broker.emit(eventOf('two'));

  expect(await second.inbox.next()).toBe('two');
  expect(second.gaps.size()).toBe(0);
});

test('a process that is gone listens no more', async () => {
  const { broker, database, file } = await open();
  query(file, `INSERT INTO listener (topic, claimant, holder) VALUES ('events', 999, 1) RETURNING 1`);

  await broker.emit(eventOf('for the dead'));
  const before = query(file, 'SELECT count(*) FROM signal');
  await database.call('retireGone', [999]);

  expect([before, query(file, 'SELECT count(*) FROM signal')]).toEqual([[[1]], [[0]]]);
  expect(query(file, 'SELECT * FROM listener')).toEqual([]);
});

test('what is no list of events is passed over', async () => {
  const { broker, file } = await open();
  const { inbox } = await follow(broker);

  for (const text of ['no JSON', 'null', '7'])
    query(file, `INSERT INTO event (events) VALUES ('${text}') RETURNING 1`);
  await broker.emit(eventOf('an event'));

  expect(await inbox.next()).toBe('an event');
});
