import { expect, test } from 'vitest';
import { failureOf, toFailure } from './failure.ts';
import { readFailureDetails, writeFailureDetails } from './failure-details.ts';

test('what a failure says besides code and message comes back as it was', () => {
  const cause = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' });
  const failure = failureOf(new TypeError('outer', { cause }));

  const { code, message } = failure;

  expect({ code, message, ...readFailureDetails(writeFailureDetails(failure)) }).toEqual(failure);
});

test('a failure in words of our own has no details', () => {
  expect(writeFailureDetails(toFailure('HANDLER_TIMEOUT', 'too slow'))).toBeUndefined();
});

test.each([
  undefined,
  null,
  '',
  '{',
  '7',
  '[]',
  '{"name":7,"causes":{"a":1},"stack":[]}',
  '{"causes":[7,{}]}',
])('what is none is passed over: %j', (text) => {
  expect(readFailureDetails(text)).toEqual({});
});
