import { LeveretError, type OutgoingMessage } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createBrokerDouble, createLines, createStoreDouble, idOf, messageOf } from '../fixtures/doubles.ts';
import { createHeldJobs } from './held-jobs.ts';
import { createIdLog } from './id-log.ts';
import { startRelay } from './relay.ts';

function setUp() {
  const clock = createManualClock();
  const broker = createBrokerDouble();
  const store = createStoreDouble();
  const { logger, lines } = createLines();
  const log = (note: (ids: readonly string[]) => Promise<void>) => createIdLog({ note, clock, logger });
  const dispatched = log((ids) => store.store.markDispatched(ids));
  const relay = startRelay({
    broker: broker.broker,
    store: store.store,
    dispatched,
    released: log((ids) => store.store.holdUndispatched(ids, 0)),
    held: createHeldJobs(store.store, clock),
    clock,
    logger,
  });
  onTestFinished(() => relay.stop());
  const sent = () =>
    broker.published.calls.flatMap(({ argument }) => argument.map(({ message }) => message.id));
  const noted = () => store.dispatched.calls.flatMap(({ argument }) => argument);
  return { clock, broker, store, lines, dispatched, relay, sent, noted };
}

const away = () => Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'away'));

test('what the broker has missed for 15 s is sent on, and noted', async () => {
  const { clock, store, sent, noted } = setUp();
  store.leaveBehind([messageOf(1), messageOf(2)]);

  await clock.advance(1_050);

  expect(sent()).toEqual([idOf(1), idOf(2)]);
  expect(noted()).toEqual([idOf(1), idOf(2)]);
});

/** The message of a job that control has superseded so often. */
function ofGeneration(number: number, generation: number): OutgoingMessage {
  const outgoing = messageOf(number);
  return { ...outgoing, message: { ...outgoing.message, generation } };
}

test('jobs that control has superseded are noted as sent by the generation of their messages', async () => {
  const { clock, store, sent, noted } = setUp();
  store.leaveBehind([messageOf(1), ofGeneration(2, 1), ofGeneration(3, 2), ofGeneration(4, 1)]);

  await clock.advance(1_050);

  expect(sent()).toEqual([1, 2, 3, 4].map(idOf));
  expect(noted()).toEqual([2, 4, 3, 1].map(idOf));
  expect(store.generations).toEqual([1, 2, 0]);
});

test('a failure to record what was sent is logged, and keeps no other job back', async () => {
  const { clock, store, lines, sent } = setUp();
  store.dispatched.answer = () => Promise.reject(new LeveretError('STORE_UNAVAILABLE', 'away'));
  store.leaveBehind([ofGeneration(1, 1)]);
  await clock.advance(1_050);

  store.leaveBehind([ofGeneration(2, 1)]);
  await clock.advance(1_000);

  expect(sent()).toEqual([1, 2].map(idOf));
  expect(lines[0]).toContain('they are sent again, as copies');
});

test('a job that the broker refuses keeps no other back, and is told once', async () => {
  const { clock, broker, store, lines, sent, noted } = setUp();
  const publish = broker.broker.publish;
  broker.broker.publish = async (messages) => {
    if (messages.some(({ message }) => message.id === idOf(2)))
      throw new LeveretError('BROKER_REFUSED', 'bad header');
    await publish(messages);
  };
  const rows = [1, 2, 3].map(messageOf);

  store.leaveBehind(rows);
  await clock.advance(1_050);
  store.leaveBehind(rows.slice(1, 2));
  await clock.advance(1_000);

  expect(sent()).toEqual([idOf(1), idOf(3)]);
  expect(noted()).toEqual([idOf(1), idOf(3)]);
  expect(lines).toEqual([expect.stringContaining('bad header')]);
});

test('what was claimed while the broker went away is left to the next who asks', async () => {
  const { clock, broker, store, sent, noted } = setUp();
  broker.published.answer = away;
  store.leaveBehind([messageOf(1)]);

  await clock.advance(1_100);

  expect(sent()).toEqual([idOf(1)]);
  expect(noted()).toEqual([]);
  expect(store.holds).toEqual([{ ids: [idOf(1)], holdMs: 0 }]);
});

test('everything is sent as a copy of what may exist, and claimed by bytes too', async () => {
  const { clock, broker, store } = setUp();
  store.leaveBehind([{ ...messageOf(1), delayMs: 5_000 }]);

  await clock.advance(1_050);

  expect(broker.published.calls[0]?.argument).toEqual([{ ...messageOf(1), delayMs: 5_000, isResent: true }]);
  expect(store.claimed[0]).toMatchObject({ limit: 200, maxBytes: 4_194_304 });
});

test('however long the broker takes, nothing is claimed or sent again meanwhile, and what is on its way is held', async () => {
  const { clock, broker, store, sent, noted } = setUp();
  broker.published.answer = undefined;
  store.leaveBehind([messageOf(1)]);
  await clock.advance(60_000);

  const meanwhile = [sent(), store.claimed.length];
  broker.published.calls[0]?.confirm();
  await clock.advance(50);

  expect(meanwhile).toEqual([[idOf(1)], 1]);
  expect(store.holds.length).toBeGreaterThan(8);
  expect(store.holds.every(({ ids, holdMs }) => ids[0] === idOf(1) && holdMs === 15_000)).toBe(true);
  expect(noted()).toEqual([idOf(1)]);
});

test('nothing is claimed before what the broker has is noted', async () => {
  const { clock, store, dispatched } = setUp();
  store.dispatched.answer = undefined;
  dispatched.add([idOf(1)]);

  await clock.advance(5_000);
  const before = store.claimed.length;
  store.dispatched.calls[0]?.confirm();
  await clock.advance(1_000);

  expect([before, store.claimed.length > 0]).toEqual([0, true]);
});

test('while the broker is away nothing is claimed', async () => {
  const { clock, broker, store } = setUp();
  broker.line.isUp = false;
  await clock.advance(30_000);
  const during = store.claimed.length;

  broker.line.isUp = true;
  await clock.advance(1_000);

  expect([during, store.claimed.length]).toEqual([0, 1]);
});

test('after the ledger was away, processes get 15 s to renew their holds before anything is claimed', async () => {
  const { clock, store } = setUp();
  store.line.isUp = false;
  await clock.advance(30_000);

  store.line.isUp = true;
  await clock.advance(14_000);
  const early = store.claimed.length;
  await clock.advance(2_000);

  expect([early, store.claimed.length]).toEqual([0, 2]);
});

test('a stopped relay looks no more', async () => {
  const { clock, store, relay } = setUp();

  await relay.stop();
  await clock.advance(60_000);

  expect(store.claimed).toEqual([]);
});
