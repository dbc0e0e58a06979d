import { expect, test } from 'vitest';
import { toPublicStatus } from './public-status.ts';

test('everybody may see the code of a status, and not its reason', () => {
  const status = { state: 'down', code: 'BROKER_REFUSED', reason: 'amqp://10.0.0.7:5672: refused' } as const;

  expect(toPublicStatus(status)).toEqual({ state: 'down', code: 'BROKER_REFUSED' });
  expect(toPublicStatus({ state: 'up' })).toEqual({ state: 'up' });
});
