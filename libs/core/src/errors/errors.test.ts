import { expect, test } from 'vitest';
import { ERROR_CODES } from './error-codes.ts';
import { isErrorCode, LeveretError, leveretCodeOf, messageOf } from './errors.ts';
import { MAX_FAILURE_MESSAGE, toFailure } from './failure.ts';

test('every code says in words what happened and what to do, and has an HTTP status', () => {
  for (const [code, { title, action, httpStatus }] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(title).toMatch(/^\S.*[^.]$/);
    expect(action).toMatch(/^\S.*\.$/);
    expect(httpStatus).toBeGreaterThanOrEqual(400);
  }
});

test('an error carries its code, its details and its cause', () => {
  const cause = new Error('ECONNREFUSED');
  const error = new LeveretError('BROKER_UNAVAILABLE', 'no confirm', { cause, details: { jobId: 'j' } });

  expect(error).toMatchObject({
    code: 'BROKER_UNAVAILABLE',
    message: 'no confirm',
    details: { jobId: 'j' },
    cause,
  });
});

test('an error of another copy of this package keeps its code; a code alone makes no error of ours', () => {
  const twin = Object.assign(Object.create({ [Symbol.for('leveret.error')]: true }), {
    code: 'MAIL_DEFERRED',
  });

  expect(leveretCodeOf(new LeveretError('BROKER_UNAVAILABLE', 'away'))).toBe('BROKER_UNAVAILABLE');
  expect(leveretCodeOf(twin)).toBe('MAIL_DEFERRED');
  expect(leveretCodeOf(Object.assign(new Error('e'), { code: 'PAYLOAD_INVALID' }))).toBeUndefined();
});

test('no error and no failure has the credentials of a URL in its message', () => {
  const words = 'cannot reach amqp://leveret:s3cret@broker';
  const masked = 'cannot reach amqp://[redacted]@broker';
  const cut = toFailure(
    'HANDLER_FAILED',
    `${'x'.repeat(MAX_FAILURE_MESSAGE - 20)} amqp://leveret:s3cret@broker`,
  );

  expect(new LeveretError('INTERNAL', words).message).toBe(masked);
  expect(messageOf(new Error(words))).toBe(masked);
  expect(toFailure('HANDLER_FAILED', words).message).toBe(masked);
  expect(cut.message).not.toContain('s3cret'.slice(0, 3));
});

test('anything thrown has a message, and only codes of the table are codes', () => {
  expect(messageOf('plain')).toBe('plain');
  expect(messageOf(new Error('e'))).toBe('e');
  expect(isErrorCode('INTERNAL')).toBe(true);
  expect(isErrorCode('toString')).toBe(false);
});
