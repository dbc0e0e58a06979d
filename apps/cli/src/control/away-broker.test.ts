import { LeveretError } from '@leveret/core';
import { expect, test } from 'vitest';
import { createAwayBroker } from './away-broker.ts';

test('a broker that is away refuses everything with its reason, and can be closed', async () => {
  const reason = new LeveretError('BROKER_UNAVAILABLE', 'connect ECONNREFUSED');
  const broker = createAwayBroker('rabbitmq', reason);

  await expect(broker.publish([])).rejects.toBe(reason);
  await expect(broker.inspect(['mail'])).rejects.toBe(reason);
  await expect(broker.live.broadcast({ type: 'x', version: 1 })).rejects.toBe(reason);
  expect(broker.status()).toEqual({
    state: 'down',
    code: 'BROKER_UNAVAILABLE',
    reason: 'connect ECONNREFUSED',
  });
  await broker.close(0);
});
