import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createLines, createStoreDouble } from '../fixtures/doubles.ts';
import { createIdLog } from './id-log.ts';

function setUp() {
  const clock = createManualClock();
  const { store, dispatched } = createStoreDouble();
  const { logger, lines } = createLines();
  const noted = () => dispatched.calls.flatMap(({ argument }) => argument);
  return { clock, dispatched, lines, noted, log: createIdLog({ note: store.markDispatched, clock, logger }) };
}

test('ids are gathered and noted in batches', async () => {
  const { clock, dispatched, log } = setUp();
  const ids = Array.from({ length: 1_200 }, (_, n) => `${n}`);

  log.add(ids.slice(0, 1));
  log.add(ids.slice(1));
  await clock.advance(50);

  expect(dispatched.calls.map(({ argument }) => argument.length)).toEqual([500, 500, 200]);
});

test('what the ledger did not take is noted when it is back, and an outage is told once', async () => {
  const { clock, dispatched, lines, log } = setUp();
  dispatched.answer = () => Promise.reject(new Error('away'));
  log.add(['a']);
  await clock.advance(50);
  log.add(['b']);
  await clock.advance(5_000);
  dispatched.calls.length = 0;

  dispatched.answer = () => Promise.resolve();
  await clock.advance(1_000);

  expect(dispatched.calls.map(({ argument }) => argument)).toEqual([['a', 'b']]);
  expect(lines).toHaveLength(1);
});

test('a very large number of ids is bounded, and takes no stack', async () => {
  const { noted, log } = setUp();

  log.add(Array.from({ length: 200_000 }, (_, n) => `${n}`));
  await log.close();

  expect(noted()).toHaveLength(50_000);
});

test('closing notes what is pending, and takes no more', async () => {
  const { clock, noted, log } = setUp();
  log.add(['a']);

  await log.close();
  log.add(['b']);
  await clock.advance(1_000);
  await log.close();

  expect(noted()).toEqual(['a']);
  expect(clock.pending()).toBe(0);
});

test('flushing notes what is pending, and waits for what is being noted', async () => {
  const { clock, dispatched, noted, log } = setUp();
  dispatched.answer = undefined;
  log.add(['a']);
  await clock.advance(50);
  log.add(['b']);
  const flushed = log.flush();

  dispatched.answer = () => Promise.resolve();
  dispatched.calls[0]?.confirm();
  await flushed;

  expect(noted()).toEqual(['a', 'b']);
});

test('two that flush at the same time note every id once', async () => {
  const { noted, log } = setUp();
  const ids = Array.from({ length: 1_200 }, (_, n) => `${n}`);
  log.add(ids);

  await Promise.all([log.flush(), log.flush(), log.close()]);

  expect(noted()).toEqual(ids);
});
