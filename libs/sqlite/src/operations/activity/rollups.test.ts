import { createManualClock } from '@leveret/core/testing';
import { sampleEntry, sampleMessage, started, succeeded } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openConnection } from '../../file/libsql.ts';
import { migrate } from '../../file/schema/schema.ts';
import { openSqliteJobReader } from '../../reader/job-reader.ts';
import { createRollups } from './rollups.ts';

const JOB = { queue: 'q', kind: 'k' } as const;

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const clock = createManualClock(1_700_000_040_000);
  const asked = { count: 0 };
  const rollups = createRollups(connection, {
    now: clock.now,
    clock,
    askForCommit: () => {
      asked.count += 1;
      commit(() => undefined);
    },
  });
  const read = connection.prepare('SELECT start_at, entered FROM rollup WHERE slice_ms = 10000');

  function commit(step: () => void): void {
    rollups.begin();
    step();
    rollups.finish();
    rollups.committed();
  }

  function fail(step: () => void, isLate: boolean): void {
    connection.exec('BEGIN');
    rollups.begin();
    step();
    if (isLate) rollups.finish();
    connection.exec('ROLLBACK');
  }

  return { clock, rollups, asked, commit, fail, slices: () => read.all() };
}

test('counts are written with the first commit, and then with one that comes a second later or more', async () => {
  const { clock, rollups, commit, slices, asked } = setUp();
  const start = clock.now();
  const count = () => commit(() => rollups.entered(JOB));

  count();
  const first = slices();
  await clock.advance(999);
  count();
  count();
  const second = slices();
  await clock.advance(1);
  count();

  expect([first, second, slices()]).toEqual([[[start, 1]], [[start, 1]], [[start, 4]]]);
  expect([asked.count, clock.pending()]).toEqual([0, 0]);
});

test('without another commit they are written by one of their own', async () => {
  const { clock, rollups, commit, slices, asked } = setUp();
  const start = clock.now();
  for (let time = 0; time < 2; time += 1) commit(() => rollups.entered(JOB));

  await clock.advance(1_500);

  expect([asked.count, slices(), clock.pending()]).toEqual([1, [[start, 2]], 0]);
});

test('what a transaction counted that failed, also after it was written, is not counted', async () => {
  const { clock, rollups, commit, fail, slices } = setUp();
  const start = clock.now();
  fail(() => rollups.entered(JOB), false);
  fail(() => rollups.entered(JOB), true);
  fail(() => rollups.entered({ ...JOB, kind: 'never' }), true);
  commit(() => rollups.entered(JOB));
  await clock.advance(1_000);
  fail(() => rollups.entered(JOB), true);
  fail(() => rollups.entered(JOB), false);
  commit(() => rollups.entered(JOB));

  expect(slices()).toEqual([[start, 2]]);
});

test('what is undone in the same transaction is not counted', () => {
  const { clock, rollups, commit, slices } = setUp();

  commit(() => {
    rollups.entered(JOB);
    const mark = rollups.mark();
    rollups.entered(JOB);
    rollups.waited(JOB, 5);
    rollups.rewind(mark);
    rollups.entered(JOB);
  });

  expect(slices()).toEqual([[clock.now(), 2]]);
});

test('what is counted before the end of a slice is in that slice, however late it is written', async () => {
  const { clock, rollups, commit, slices } = setUp();
  const start = clock.now();
  await clock.advance(9_900);
  for (let time = 0; time < 2; time += 1) commit(() => rollups.entered(JOB));
  await clock.advance(1_000);
  commit(() => rollups.entered(JOB));

  expect(slices()).toEqual([
    [start, 2],
    [start + 10_000, 1],
  ]);
});

test('what embedded workers do is counted where it is committed, and is written at the latest when the file is closed', async () => {
  const file = await freshFile();
  const { broker, store, database } = await openDatabase(file);
  const recording = await broker.recordEvents(() => Promise.resolve(), { ledgerId: await store.ledgerId() });
  await database.call('probe');
  const message = sampleMessage('q');
  await broker.emit([started(message)]);
  await broker.emit([{ ...succeeded(message), startedAt: message.createdAt }]);
  const since = Date.now() - 60_000;
  await recording.stop();

  await database.close();

  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const { queues, until } = await reader.activity.rates({ queue: 'q', since, sliceMs: 10_000 });
  expect(queues).toMatchObject([{ total: { succeeded: 1, run: { count: 1, p50Ms: 10 } } }]);
  expect(until).toBeGreaterThan(since);
});

test('slices follow each other while the wall clock jumps, and are shown by the wall clock as it is now', async () => {
  const file = await freshFile();
  const manual = createManualClock(1_700_000_040_000);
  let jumpMs = 0;
  const clock = { ...manual, now: () => manual.now() + jumpMs };
  const { store, database } = await openDatabase(file, { clock });
  const accept = () => store.accept([sampleEntry(sampleMessage('q'))]);
  await accept();
  jumpMs = -3_600_000;
  await manual.advance(10_000);
  await accept();
  jumpMs = 3_600_000;
  await manual.advance(10_000);
  await accept();
  await database.call('writeRates');

  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const since = clock.now() - 60_000;
  const { queues } = await reader.activity.rates({ queue: 'q', since, sliceMs: 10_000 });
  const slices = queues[0]?.slices.map(({ startAt, in: count }) => [startAt - clock.now(), count]);
  expect(slices).toEqual([
    [-20_000, 1],
    [-10_000, 1],
    [0, 1],
  ]);
});

test('an idle process writes what it has counted', async () => {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  for (const message of [sampleMessage('q'), sampleMessage('q')])
    await store.apply([started(message), succeeded(message)]);

  const request = { queue: 'q', since: Date.now() - 60_000, sliceMs: 60_000 } as const;
  const succeededCount = async () => (await reader.activity.rates(request)).queues[0]?.total.succeeded;
  await expect.poll(succeededCount).toBe(2);
});
