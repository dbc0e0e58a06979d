import {
  type JobEvent,
  type Logger,
  loggedBytes,
  MAX_LOGGED_BYTES,
  MAX_LOGGED_LINES,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createDelivery } from '../../fixtures/broker-double.ts';
import { noOutbox } from '../settlement/event-outbox.ts';
import { JobLog } from './job-log.ts';

/** The log of the second attempt of a job, the lines that it sends, and those of the worker's logger. */
function setUp({ tellOutcomes = true, logger = silentLogger } = {}) {
  const clock = createManualClock(50);
  const { delivery } = createDelivery('j', { attempt: 2, generation: 1 });
  const events: JobEvent[] = [];
  const worker = { workerId: 'w', instanceId: 'w', version: '7', host: 'h' };
  const outbox = { ...noOutbox, add: (event: JobEvent) => void events.push(event) };
  const means = { worker, outbox, tellOutcomes, clock, logger };
  const log = new JobLog({ message: delivery.message, maxAttempts: 3 }, means);
  const sent = () => events.flatMap((event) => (event.type === 'logged' ? event.lines : []));
  return { log, clock, events, sent };
}

/** A logger that keeps its lines with the fields of its parents. */
function memoryLogger(lines: unknown[], base = {}): Logger {
  const note = (fields: object, message: string) => lines.push([{ ...base, ...fields }, message]);
  const child = (fields: object) => memoryLogger(lines, { ...base, ...fields });
  return { debug: note, info: note, warn: note, error: note, child };
}

test('lines go to the logger of the worker, and those from info on to the ledger', async () => {
  const written: unknown[] = [];
  const { log, clock, events, sent } = setUp({ logger: memoryLogger(written) });

  log.debug({}, 'd');
  log.info({ frame: 7 }, 'i');
  await clock.advance(5);
  log.warn({}, 'w');
  log.error({ err: new Error('disk full') }, 'e');

  const job = { jobId: 'j', kind: 'k', queue: 'q', attempt: 2 };
  expect(written).toMatchObject([
    [job, 'd'],
    [{ ...job, frame: 7 }, 'i'],
    [job, 'w'],
    [job, 'e'],
  ]);
  expect(events[0]).toEqual({
    ...job,
    type: 'logged',
    bestEffort: true,
    maxAttempts: 3,
    createdAt: 0,
    at: 50,
    workerId: 'w',
    version: '7',
    host: 'h',
    generation: 1,
    lines: [{ number: 1, at: 50, level: 'info', message: 'i', fields: { frame: 7 } }],
  });
  expect(sent().slice(1)).toEqual([
    { number: 2, at: 55, level: 'warn', message: 'w' },
    { number: 3, at: 55, level: 'error', message: 'e', fields: { err: 'disk full' } },
  ]);
});

test('lines of a child logger carry its fields too', () => {
  const written: unknown[] = [];
  const { log, sent } = setUp({ logger: memoryLogger(written) });

  log.child({ page: 1 }).child({ part: 'a' }).info({ page: 2 }, 'm');

  expect(written).toMatchObject([[{ jobId: 'j', page: 2, part: 'a' }, 'm']]);
  expect(sent()).toMatchObject([{ fields: { page: 2, part: 'a' } }]);
});

test('without a recorder, no line is sent', () => {
  const written: unknown[] = [];
  const { log, sent } = setUp({ tellOutcomes: false, logger: memoryLogger(written) });

  log.info({}, 'i');
  log.child({ page: 1 }).info({}, 'c');
  JobLog.end(log);

  expect(written).toHaveLength(2);
  expect(sent()).toEqual([]);
});

test('of a million lines the first are sent, then how many more there were, and of what comes after the end none', () => {
  const { log, sent } = setUp();

  for (let number = 0; number < 1_000_000; number += 1) log.info({ number }, 'm');
  expect(sent()).toHaveLength(MAX_LOGGED_LINES - 1);
  JobLog.end(log);
  JobLog.end(log);
  log.info({}, 'late');

  expect(sent()).toHaveLength(MAX_LOGGED_LINES);
  expect(sent().at(-2)).toMatchObject({ number: 199, fields: { number: 198 } });
  expect(sent().at(-1)).toMatchObject({ number: 200, level: 'warn', fields: { droppedCount: 999_801 } });
});

test('of a handler that logs only after its run is over, nothing is sent', () => {
  const written: unknown[] = [];
  const { log, sent } = setUp({ logger: memoryLogger(written) });

  JobLog.end(log);
  log.info({}, 'late');

  expect(written).toHaveLength(1);
  expect(sent()).toEqual([]);
});

test('lines have a bound in bytes together, also with the last one', () => {
  const { log, sent } = setUp();

  for (let number = 0; number < 100; number += 1) log.info({ text: '✗'.repeat(1_000) }, '✗'.repeat(1_000));
  log.info({}, 'a short one');
  JobLog.end(log);

  const sizeBytes = sent().reduce((sum, line) => sum + loggedBytes(line), 0);
  expect(sizeBytes).toBeLessThanOrEqual(MAX_LOGGED_BYTES);
  expect(sent().length).toBeGreaterThan(10);
  expect(sent().at(-1)).toMatchObject({ fields: { droppedCount: 102 - sent().length } });
});

test('lines stay in their order when the clock goes back', () => {
  const { log, clock, sent } = setUp();
  const times = [10, 5];
  clock.now = () => times.shift() ?? 0;

  log.info({}, 'first');
  log.info({}, 'second');

  expect(sent().map(({ number, at }) => [number, at])).toEqual([
    [1, 10],
    [2, 10],
  ]);
});

test('what cannot be read does not reach the handler', () => {
  const { log, sent } = setUp();
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  log.info(proxy, 'odd');
  log.child(proxy).info(undefined as never, undefined as never);

  expect(sent()).toMatchObject([{ message: 'odd' }, { message: 'undefined' }]);
});
