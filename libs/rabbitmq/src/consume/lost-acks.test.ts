import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createLostAcks } from './lost-acks.ts';
import { createSettledMemory } from './settled-memory.ts';

test('a run that was settled on a lost channel is known by its queue, also when it is settled after the loss', () => {
  const clock = createManualClock();
  const lost = createLostAcks(clock);
  const settled = createSettledMemory(clock);
  settled.add('before');
  lost.add('mail', settled);
  settled.add('after');

  expect(['before', 'after'].map((key) => lost.has('mail', key))).toEqual([true, true]);
  expect(['before', 'after'].map((key) => lost.has('print', key))).toEqual([false, false]);
});

test('of channels that settled much, the newest are remembered: 100,000 runs at most', () => {
  const clock = createManualClock();
  const lost = createLostAcks(clock);
  for (let channel = 0; channel < 15; channel += 1) {
    const settled = createSettledMemory(clock);
    for (let run = 0; run < 10_000; run += 1) settled.add(`${channel}-${run}`);
    lost.add('mail', settled);
  }

  const remembered = Array.from({ length: 15 }, (_, channel) => lost.has('mail', `${channel}-9999`));

  expect(remembered).toEqual([...Array(5).fill(false), ...Array(10).fill(true)]);
});

test('many channels that settled little are all remembered', () => {
  const clock = createManualClock();
  const lost = createLostAcks(clock);
  for (let channel = 0; channel < 300; channel += 1) {
    const settled = createSettledMemory(clock);
    settled.add(`${channel}`);
    lost.add('mail', settled);
  }

  expect([lost.has('mail', '0'), lost.has('mail', '299')]).toEqual([true, true]);
});

test('a run is forgotten on its own queue alone', () => {
  const clock = createManualClock();
  const lost = createLostAcks(clock);
  for (const queue of ['mail', 'print']) {
    const settled = createSettledMemory(clock);
    settled.add('a');
    lost.add(queue, settled);
  }

  lost.forget('mail', 'a');

  expect([lost.has('mail', 'a'), lost.has('print', 'a')]).toEqual([false, true]);
});
