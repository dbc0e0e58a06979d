import { LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createBrokerDouble, createLines, createStoreDouble, idOf, messageOf } from '../fixtures/doubles.ts';
import { createDispatchLog } from './dispatch-log.ts';
import { startRelay } from './relay.ts';

function setUp() {
  const clock = createManualClock();
  const broker = createBrokerDouble();
  const store = createStoreDouble();
  const { logger, lines } = createLines();
  const dispatchLog = createDispatchLog({ store: store.store, clock, logger });
  const relay = startRelay({ broker: broker.broker, store: store.store, dispatchLog, clock, logger });
  onTestFinished(() => relay.stop());
  const sent = () =>
    broker.published.calls.flatMap(({ argument }) => argument.map(({ message }) => message.id));
  const noted = () => store.dispatched.calls.flatMap(({ argument }) => argument);
  return { clock, broker, store, lines, relay, sent, noted };
}

const away = () => Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'away'));

test('what the broker has missed for 15 s is sent on, and noted', async () => {
  const { clock, store, sent, noted } = setUp();
  store.leaveBehind([messageOf(1), messageOf(2)]);

  await clock.advance(1_050);

  expect(sent()).toEqual([idOf(1), idOf(2)]);
  expect(noted()).toEqual([idOf(1), idOf(2)]);
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

test('what was claimed while the broker went away is sent as soon as it is back', async () => {
  const { clock, broker, store, sent } = setUp();
  broker.published.answer = away;
  store.leaveBehind([{ ...messageOf(1), delayMs: 5_000 }]);
  await clock.advance(1_000);

  broker.published.answer = () => Promise.resolve();
  await clock.advance(1_000);

  expect(sent()).toEqual([idOf(1), idOf(1)]);
  expect(broker.published.calls[1]?.argument[0]?.delayMs).toBe(4_000);
});

test('a stopped relay looks no more', async () => {
  const { clock, store, relay } = setUp();

  await relay.stop();
  await clock.advance(60_000);

  expect(store.claimed).toEqual([]);
});
