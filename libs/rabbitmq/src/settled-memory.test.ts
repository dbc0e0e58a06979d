import type { JobMessage } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createSettledMemory } from './settled-memory.ts';

const message: JobMessage = {
  version: 1,
  id: '01900000-0000-7000-8000-000000000000',
  kind: 'a.b',
  queue: 'q',
  attempt: 1,
  createdAt: 0,
  heldMs: 0,
  body: new Uint8Array(),
  headers: {},
};

test('a settled delivery is known once: what comes after it is another one', () => {
  const memory = createSettledMemory(createManualClock());

  memory.add(message);

  expect([memory.take(message), memory.take(message)]).toEqual([true, false]);
});

test('another attempt of the same job, and one that was held in between, are other deliveries', () => {
  const memory = createSettledMemory(createManualClock());

  memory.add(message);

  expect(memory.take({ ...message, attempt: 2 })).toBe(false);
  expect(memory.take({ ...message, heldMs: 5_000 })).toBe(false);
});

test('a delivery is forgotten after two minutes, so that a job that is sent anew much later runs', async () => {
  const clock = createManualClock();
  const memory = createSettledMemory(clock);

  memory.add(message);
  await clock.advance(120_001);

  expect(memory.take(message)).toBe(false);
});

test('ten thousand deliveries are remembered, the newest', () => {
  const memory = createSettledMemory(createManualClock());

  for (let n = 0; n <= 10_000; n += 1) memory.add({ ...message, attempt: n });

  expect(memory.take({ ...message, attempt: 0 })).toBe(false);
  expect(memory.take({ ...message, attempt: 1 })).toBe(true);
});
