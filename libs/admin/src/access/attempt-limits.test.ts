import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import {
  ATTEMPT_WINDOW_MS,
  createAttemptLimits,
  MAX_ACCOUNT_ATTEMPTS,
  MAX_ADDRESS_ATTEMPTS,
  MAX_ATTEMPTS,
  MAX_COUNTED,
} from './attempt-limits.ts';

function refusalOf(attempt: () => unknown): unknown {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('attempts for one account from one address are limited, and its owner still signs in from another one', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) limits.begin('ada', '192.0.2.1');

  expect(refusalOf(() => limits.begin('ada', '192.0.2.1'))).toMatchObject({ code: 'SIGN_IN_LIMITED' });
  expect(refusalOf(() => limits.begin('ada', '192.0.2.2'))).toBeUndefined();
  expect(refusalOf(() => limits.begin('bob', '192.0.2.1'))).toBeUndefined();
});

test('attempts for one account are limited from wherever they come, until the time is over', async () => {
  const clock = createManualClock();
  const limits = createAttemptLimits(clock);
  for (let count = 0; count < MAX_ACCOUNT_ATTEMPTS; count += 1) limits.begin('ada', `192.0.2.${count}`);
  await clock.advance(ATTEMPT_WINDOW_MS - 1_500);

  const refused = refusalOf(() => limits.begin('ada', '198.51.100.1'));
  limits.begin('bob', '198.51.100.1');
  await clock.advance(1_500);

  expect(refused).toMatchObject({ code: 'SIGN_IN_LIMITED', details: { retryAfterSeconds: 2 } });
  expect(refusalOf(() => limits.begin('ada', '198.51.100.1'))).toBeUndefined();
});

test('attempts from one address are limited, whichever account they are for', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < MAX_ADDRESS_ATTEMPTS; count += 1) limits.begin(`name-${count}`, '192.0.2.1');

  expect(refusalOf(() => limits.begin('ada', '192.0.2.1'))).toMatchObject({ code: 'SIGN_IN_LIMITED' });
  expect(refusalOf(() => limits.begin('ada', '192.0.2.2'))).toBeUndefined();
});

test('addresses of one network of IPv6 count as one, and others do not', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < MAX_ADDRESS_ATTEMPTS; count += 1)
    limits.begin(`name-${count}`, count % 2 === 0 ? `2001:db8::${count}` : `2001:db8:0:0:1:2:3:${count}`);

  expect(refusalOf(() => limits.begin('ada', '2001:db8::ffff'))).toMatchObject({ code: 'SIGN_IN_LIMITED' });
  expect(refusalOf(() => limits.begin('ada', '2001:db8:0:1::1'))).toBeUndefined();
  expect(refusalOf(() => limits.begin('ada', '::1'))).toBeUndefined();
});

test('an attempt that is taken back does not count', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < 3 * MAX_ADDRESS_ATTEMPTS; count += 1) limits.begin('ada', '192.0.2.1')();

  expect(refusalOf(() => limits.begin('ada', '192.0.2.1'))).toBeUndefined();
});

test('refused attempts with many names do not push out the count of an account', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) limits.begin('ada', '198.51.100.1');
  for (let count = 0; count < MAX_ADDRESS_ATTEMPTS; count += 1) limits.begin(`name-${count}`, '203.0.113.1');

  for (let count = 0; count < 10_000; count += 1)
    expect(refusalOf(() => limits.begin(`other-${count}`, '203.0.113.1'))).toBeDefined();

  expect(refusalOf(() => limits.begin('ada', '198.51.100.1'))).toMatchObject({ code: 'SIGN_IN_LIMITED' });
});

test('only so many names are counted: the one that was counted first is forgotten for a new one', () => {
  const limits = createAttemptLimits(createManualClock());
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) limits.begin('ada', '192.0.2.1');
  const attempt = (count: number) => limits.begin(`name-${count}`, `10.0.${count >> 8}.${count & 255}`);
  for (let count = 1; count < MAX_COUNTED; count += 1) attempt(count);

  const known = refusalOf(() => limits.begin('ada', '192.0.2.1'));
  attempt(MAX_COUNTED);

  expect(known).toMatchObject({ code: 'SIGN_IN_LIMITED' });
  expect(refusalOf(() => limits.begin('ada', '192.0.2.1'))).toBeUndefined();
});
