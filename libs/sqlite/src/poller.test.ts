import { silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { SqliteDatabase } from './database.ts';
import { createPoller } from './poller.ts';

test('rings without end put no look off, and are answered at once', async () => {
  const clock = createManualClock();
  const listeners = new Set<() => void>();
  let lookCount = 0;
  const database: Pick<SqliteDatabase, 'onRing' | 'call' | 'time'> = {
    time: { now: () => clock.now(), ask: () => () => undefined },
    onRing(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async call() {
      lookCount += 1;
      return { queues: [], deadQueues: [], hasEvents: false, lastSignal: 0, gone: [], aheadMs: 0 } as never;
    },
  };
  const poller = createPoller(database as SqliteDatabase, clock, silentLogger);
  poller.add({ queue: 'q', isDue: () => false, onWork: () => undefined });
  await clock.advance(5);
  const before = lookCount;

  for (let ring = 0; ring < 100; ring += 1) {
    for (const listener of listeners) listener();
    await clock.advance(1);
  }

  expect(lookCount - before).toBeGreaterThanOrEqual(30);
  poller.close();
});
