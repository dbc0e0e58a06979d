import {
  type Delivery,
  encodePayload,
  LeveretError,
  type Logger,
  type SettleOptions,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createHooks } from '../handler/hooks.ts';
import { createAttemptReports } from './attempt-reports.ts';
import { noOutbox } from './event-outbox.ts';
import { createSettler } from './settler.ts';

/** Settles deliveries that a broker takes as soon as `isUp` is set. */
function makeBench({
  logger = silentLogger,
  fault = new LeveretError('BROKER_UNAVAILABLE', 'it is down'),
}: {
  readonly logger?: Logger;
  readonly fault?: Error;
} = {}) {
  const clock = createManualClock();
  const broker = { isUp: false };
  const triedAt: number[] = [];
  const faults: unknown[] = [];
  const hooks = createHooks({ onError: (error) => faults.push(error) }, logger);
  const settled: SettleOptions[] = [];
  const settler = createSettler({
    worker: { workerId: 'w', instanceId: 'w', version: '7', host: 'h' },
    starts: { noteEnds: () => Promise.resolve() },
    hooks,
    reports: createAttemptReports(logger, hooks),
    outbox: noOutbox,
    tellOutcomes: false,
    clock,
    random: () => 1,
    logger,
  });
  const settle = async (options: SettleOptions) => {
    triedAt.push(clock.monotonic());
    if (!broker.isUp) throw fault;
    settled.push(options);
  };
  const message = {
    version: 1,
    id: 'j',
    kind: 'k',
    queue: 'q',
    attempt: 1,
    createdAt: 5,
    heldMs: 0,
    headers: {},
  };
  const delivery = { message: { ...message, body: encodePayload(1) }, settle } as unknown as Delivery;
  const retry = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 };
  const begin = (leftOut = {}) =>
    settler.settle({ delivery, retry, result: { kind: 'succeeded', result: null, ...leftOut } });
  return { clock, broker, triedAt, settled, faults, begin };
}

test('however long a broker was away, a job that is done is settled within two seconds after it is back', async () => {
  const { clock, broker, triedAt, begin } = makeBench();

  const settled = begin();
  for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
  broker.isUp = true;
  await clock.advance(2_000);
  await settled;

  const pausesMs = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
  expect(pausesMs.length).toBeGreaterThan(25);
  expect(Math.max(...pausesMs)).toBe(2_000);
});

test('many jobs that wait to be settled are nothing to warn of', async () => {
  const { clock, broker, begin } = makeBench();
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);

  const settled = Array.from({ length: 50 }, begin);
  await clock.advance(100);
  await new Promise((resolve) => setImmediate(resolve));
  broker.isUp = true;
  await clock.advance(2_000);
  await Promise.all(settled);
  process.off('warning', note);

  expect(warnings).toEqual([]);
});

test('a job whose result cannot be kept is settled as done, with a warning', async () => {
  const warnings: unknown[] = [];
  const warn: Logger['warn'] = (fields, message) => void warnings.push([message, fields]);
  const { broker, begin } = makeBench({ logger: { ...silentLogger, warn } });
  broker.isUp = true;

  expect(await begin({ leftOut: 'the result is a function' })).toBe('settled');
  expect(await begin()).toBe('settled');

  expect(warnings).toEqual([
    [
      'job done, but its result could not be kept as it is',
      { jobId: 'j', kind: 'k', queue: 'q', attempt: 1, reason: 'the result is a function' },
    ],
  ]);
});

test('a settlement that fails for no reason of the broker counts as a failed attempt, and is no hot loop', async () => {
  const fault = new TypeError('cannot be written as JSON');
  const { clock, broker, triedAt, settled, faults, begin } = makeBench({ fault });

  const ending = begin();
  for (let second = 0; second < 4; second += 1) await clock.advance(1_000);
  const triedCount = triedAt.length;
  broker.isUp = true;
  await clock.advance(2_000);

  expect(await ending).toBe('settled');
  expect(triedCount).toBeLessThan(8);
  expect(faults).toEqual([fault]);
  expect(settled).toMatchObject([
    { successor: { kind: 'dead-letter', failure: { code: 'INTERNAL', name: 'TypeError' } } },
  ]);
});

test('a settlement that the broker refuses for what is in it counts as a failed attempt too: it would be refused for ever', async () => {
  const fault = new LeveretError('ENTRY_REFUSED', 'string or blob too big');
  const { clock, broker, settled, faults, begin } = makeBench({ fault });

  const ending = begin();
  for (let second = 0; second < 4; second += 1) await clock.advance(1_000);
  broker.isUp = true;
  await clock.advance(2_000);

  expect(await ending).toBe('settled');
  expect(faults).toEqual([fault]);
  expect(settled).toMatchObject([
    { successor: { kind: 'dead-letter', failure: { code: 'INTERNAL', errorCode: 'ENTRY_REFUSED' } } },
  ]);
});

test('a settlement that cannot be carried out at all is left, and its worker goes on', async () => {
  const { clock, begin } = makeBench({ fault: new TypeError('the driver is broken') });

  const ending = begin().catch((error: Error) => error.message);
  for (let second = 0; second < 30; second += 1) await clock.advance(1_000);

  expect(await ending).toBe('the driver is broken');
});
