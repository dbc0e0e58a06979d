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
