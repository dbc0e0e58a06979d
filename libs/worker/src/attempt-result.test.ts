import { deadLetter, LeveretError, retryLater, snooze } from '@leveret/core';
import { expect, test } from 'vitest';
import { fromReturned, fromThrown, MAX_RESULT_BYTES } from './attempt-result.ts';

test('nothing, and data, are results', () => {
  expect(fromReturned(undefined)).toEqual({ kind: 'succeeded', result: null });
  expect(fromReturned({ at: new Date(0), none: undefined })).toEqual({
    kind: 'succeeded',
    result: { at: '1970-01-01T00:00:00.000Z' },
  });
});

test('the verdict that a job cannot work is no result', () => {
  expect(fromReturned(deadLetter('no such video'))).toMatchObject({
    kind: 'given-up',
    failure: { message: 'no such video' },
  });
});

test.each([() => 1, 1n, 'x'.repeat(MAX_RESULT_BYTES)])(
  'what cannot be a result fails the job for good',
  (returned) => {
    expect(fromReturned(returned)).toMatchObject({ kind: 'failed', failure: { code: 'RESULT_INVALID' } });
  },
);

test('a verdict may be returned or thrown', () => {
  for (const answer of [fromReturned, fromThrown]) {
    expect(answer(deadLetter('no such video'))).toMatchObject({ kind: 'given-up' });
    expect(answer(retryLater(30_000))).toMatchObject({ kind: 'retry-later', delayMs: 30_000 });
    expect(answer(snooze(500))).toEqual({ kind: 'snoozed', delayMs: 500 });
  }
});

test('an error of ours keeps its code, any other may be tried again', () => {
  expect(fromThrown(new LeveretError('VIDEO_UNSUPPORTED', 'text'))).toMatchObject({
    failure: { code: 'VIDEO_UNSUPPORTED' },
  });
  expect(fromThrown('odd')).toEqual({ kind: 'failed', failure: { code: 'HANDLER_FAILED', message: 'odd' } });
});
