import { expect, test } from 'vitest';
import { toFailure } from '../errors/failure.ts';
import { HISTORY_HEADER, MAX_HISTORY_BYTES, readHistory, withFailure } from './history.ts';
import type { JobMessage } from './message.ts';

const message = { attempt: 1, headers: { traceparent: 't' } } as unknown as JobMessage;
const failure = toFailure('HANDLER_FAILED', 'disk full');

function bytesOf({ headers }: JobMessage): number {
  return new TextEncoder().encode(headers[HISTORY_HEADER]).byteLength;
}

test('a failure is added to those before it, and what was sent along stays', () => {
  const once = withFailure(message, failure, 7);
  const twice = withFailure({ ...once, attempt: 2 }, toFailure('HANDLER_TIMEOUT', 'too slow'), 9);

  expect(twice.headers['traceparent']).toBe('t');
  expect(readHistory(twice.headers)).toEqual([
    { attempt: 1, at: 7, code: 'HANDLER_FAILED', message: 'disk full' },
    { attempt: 2, at: 9, code: 'HANDLER_TIMEOUT', message: 'too slow' },
  ]);
});

test('the newest five are carried, each in few words', () => {
  let last = message;
  for (let attempt = 1; attempt <= 9; attempt += 1)
    last = withFailure({ ...last, attempt }, toFailure('HANDLER_FAILED', '✗'.repeat(900)), attempt);

  const history = readHistory(last.headers);

  expect(history.map(({ attempt }) => attempt)).toEqual([5, 6, 7, 8, 9]);
  expect(bytesOf(last)).toBeLessThanOrEqual(MAX_HISTORY_BYTES);
});

test('where words need many bytes, fewer failures are carried', () => {
  let last = message;
  for (let attempt = 1; attempt <= 9; attempt += 1)
    last = withFailure({ ...last, attempt }, toFailure('HANDLER_FAILED', '\u0001'.repeat(900)), attempt);

  expect(readHistory(last.headers).at(-1)?.attempt).toBe(9);
  expect(bytesOf(last)).toBeLessThanOrEqual(MAX_HISTORY_BYTES);
});

test('the code of the error goes along', () => {
  const { headers } = withFailure(message, { ...failure, name: 'E', stack: 'at a', errorCode: 'ENOSPC' }, 7);

  expect(readHistory(headers)).toEqual([{ attempt: 1, at: 7, ...failure, errorCode: 'ENOSPC' }]);
});

test.each(['', '{', '7', '{"a":1}', '[null,7,{"attempt":1}]'])(
  'what is no history is passed over: %s',
  (text) => {
    expect(readHistory({ [HISTORY_HEADER]: text })).toEqual([]);
  },
);
