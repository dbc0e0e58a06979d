import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createSettledMemory } from './settled-memory.ts';

test('a settled delivery is known however often it comes: its acknowledgement may be lost more than once', () => {
  const memory = createSettledMemory(createManualClock());

  memory.add('a');

  expect([memory.has('a'), memory.has('a'), memory.has('b')]).toEqual([true, true, false]);
});

test('a delivery is forgotten after two minutes, so that a job that is sent anew much later runs', async () => {
  const clock = createManualClock();
  const memory = createSettledMemory(clock);

  memory.add('a');
  await clock.advance(120_000);
  const before = memory.has('a');
  await clock.advance(1);

  expect([before, memory.has('a')]).toEqual([true, false]);
});

test('a delivery is forgotten when it is said to be another one', () => {
  const memory = createSettledMemory(createManualClock());

  memory.add('a');
  memory.forget('a');

  expect(memory.has('a')).toBe(false);
});

test('the newest five thousand deliveries are remembered, and no more than twice as many', () => {
  const memory = createSettledMemory(createManualClock());

  for (let n = 0; n < 15_000; n += 1) memory.add(`${n}`);

  expect([memory.has('9999'), memory.has('10000'), memory.has('14999')]).toEqual([true, true, true]);
  expect(memory.has('4999')).toBe(false);
});
