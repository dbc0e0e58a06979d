import { LeveretError, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { AmqpConnection } from './amqp.ts';
import { createConnection } from './connection.ts';

test('however long a broker was away, it is tried again within two seconds', async () => {
  const clock = createManualClock();
  let lose: (reason: string) => void = () => undefined;
  const first = {
    blocked: () => undefined,
    lost: new Promise<string>((resolve) => {
      lose = resolve;
    }),
  } as unknown as AmqpConnection;
  const triedAt: number[] = [];
  const connection = createConnection({
    urls: ['amqp://a'],
    purpose: 'publishing',
    clock,
    random: () => 1,
    logger: silentLogger,
    async connect() {
      triedAt.push(clock.monotonic());
      if (triedAt.length === 1) return first;
      throw new LeveretError('BROKER_UNAVAILABLE', 'it is down');
    },
  });
  await connection.open();

  lose('it went down');
  for (let second = 0; second < 60; second += 1) await clock.advance(1_000);

  const pausesMs = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
  expect(pausesMs.length).toBeGreaterThan(25);
  expect(Math.max(...pausesMs)).toBe(2_000);
});
