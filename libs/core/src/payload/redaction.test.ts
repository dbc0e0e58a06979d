import { expect, test } from 'vitest';
import type { Failure } from '../errors/failure.ts';
import type { Json } from '../json/json.ts';
import {
  isRedactedPath,
  MAX_REDACTED_PATH_LENGTH,
  MAX_REDACTED_PATHS,
  maskData,
  payloadMask,
  REDACTED,
  redactDetails,
  redactFailure,
  redactJob,
  toRedactedPaths,
} from './redaction.ts';

const failureOf = (message: string): Failure => ({ code: 'HANDLER_FAILED', message });

function shown(payload: Json, ...redact: string[]): Json | undefined {
  return redactJob({ payload, redact }).payload;
}

test.each([
  'card',
  'card.number',
  'items.*.token',
  '*',
  'items.0',
  'first name',
  '__proto__',
  'x'.repeat(200),
])('%j is a path', (path) => {
  expect(isRedactedPath(path)).toBe(true);
});

test.each([
  '',
  '.',
  'a..b',
  '.a',
  'a.',
  'a\nb',
  'a\ud800',
  'x'.repeat(MAX_REDACTED_PATH_LENGTH + 1),
  7,
  undefined,
])('%j is no path, and is refused', (path) => {
  expect(isRedactedPath(path)).toBe(false);
  expect(() => toRedactedPaths([path as string])).toThrow(RangeError);
});

test('a definition has each path once, and a limited number of them', () => {
  const many = Array.from({ length: MAX_REDACTED_PATHS }, (_, index) => `p${index}`);

  expect(toRedactedPaths(['a', 'b', 'a'])).toEqual(['a', 'b']);
  expect(toRedactedPaths(many)).toHaveLength(MAX_REDACTED_PATHS);
  expect(() => toRedactedPaths([...many, 'one more'])).toThrow('at most 32 paths');
});

test.each<[Json, string, Json]>([
  [{ card: { number: '4111', name: 'Ann' } }, 'card.number', { card: { number: REDACTED, name: 'Ann' } }],
  [{ card: { number: '4111' }, id: 1 }, 'card', { card: REDACTED, id: 1 }],
  [
    { items: [{ token: 'a', n: 1 }, { n: 2 }] },
    'items.*.token',
    { items: [{ token: REDACTED, n: 1 }, { n: 2 }] },
  ],
  [{ items: ['a', 'b'] }, 'items.1', { items: ['a', REDACTED] }],
  [{ a: { x: 1 }, b: { x: 2, y: 3 } }, '*.x', { a: { x: REDACTED }, b: { x: REDACTED, y: 3 } }],
  [{ pin: null }, 'pin', { pin: REDACTED }],
  [['a', 'b'], '*', [REDACTED, REDACTED]],
  ['text', 'card', 'text'],
  [null, 'card', null],
  [{ card: 'none' }, 'card.number', { card: 'none' }],
  [{ id: 1 }, 'card.number', { id: 1 }],
])('of %j, the path %j shows %j', (payload, path, expected) => {
  const before = JSON.stringify(payload);

  expect(shown(payload, path)).toEqual(expected);
  expect(JSON.stringify(payload)).toBe(before);
});

test('keys that objects inherit are not taken for fields, and odd ones are masked like others', () => {
  const payload = JSON.parse('{"__proto__":{"pin":"1234"},"id":1}') as Json;

  expect(JSON.stringify(shown(payload, '__proto__.pin', 'constructor.name'))).toBe(
    '{"__proto__":{"pin":"[redacted]"},"id":1}',
  );
});

test('payload and result are masked at the same paths, and a job without paths is shown as it is', () => {
  const job = { payload: { pin: '1234' }, result: { pin: '1234', ok: true } };

  expect(redactJob({ ...job, redact: ['pin'] })).toMatchObject({
    payload: { pin: REDACTED },
    result: { pin: REDACTED, ok: true },
  });
  expect(redactJob(job)).toBe(job);
});

test('redacted values are masked in every text of a failure, and in those of attempts', () => {
  const payload = { card: { number: '4111-1111', cvv: 123 }, id: 7 };
  const failure: Failure = {
    ...failureOf('card 4111-1111 with 123 was declined'),
    errorCode: 'DECLINED',
    stack: 'at pay (pay.ts:4111-1111)',
    causes: [
      { name: 'Error', message: 'no 4111-1111', stack: 'at x (4111-1111)' },
      { name: 'E', message: 'other' },
    ],
  };
  const job = { id: 'j', kind: 'k', queue: 'q', state: 'dead', attempt: 1, maxAttempts: 1 } as const;
  const times = { settledAttempt: 1, createdAt: 0, updatedAt: 0 };

  const details = redactDetails({
    job: { ...job, ...times, payload, failure, redact: ['card'] },
    attempts: [
      { generation: 0, attempt: 1, failure },
      { generation: 0, attempt: 2 },
    ],
  });

  const masked = {
    ...failure,
    message: 'card [redacted] with [redacted] was declined',
    stack: 'at pay (pay.ts:[redacted])',
    causes: [
      { name: 'Error', message: 'no [redacted]', stack: 'at x ([redacted])' },
      { name: 'E', message: 'other' },
    ],
  };
  expect(details.job).toMatchObject({ payload: { card: REDACTED, id: 7 }, failure: masked });
  expect(details.attempts).toEqual([
    { generation: 0, attempt: 1, failure: masked },
    { generation: 0, attempt: 2 },
  ]);
});

test('of two values, one of which is part of the other, the longer one is masked whole', () => {
  const payload = { a: 'secret', b: 'secret-key', c: 'red' };

  expect(redactFailure(failureOf('secret-key and secret, red'), payload, ['a', 'b', 'c']).message).toBe(
    '[redacted] and [redacted], [redacted]',
  );
});

test('a value that was cut at the end of a text is masked', () => {
  const payload = { token: 'abcdefghij' };

  expect(redactFailure(failureOf('token abcdef…'), payload, ['token']).message).toBe('token [redacted]…');
  expect(redactFailure(failureOf('the table…'), payload, ['token']).message).toBe('the table…');
});

test('a value may have characters that mean something in a pattern', () => {
  expect(redactFailure(failureOf('a $& (b|c]'), { x: '$& (b|c]' }, ['x']).message).toBe('a [redacted]');
});

test('values of one or two characters stay, and a failure without a redacted value is the same object', () => {
  const failure = failureOf('line 7 of ok');

  expect(redactFailure(failure, { a: 7, b: 'ok', c: true, d: '' }, ['*'])).toBe(failure);
  expect(redactFailure(failure, undefined, ['*'])).toBe(failure);
});

test('where there are too many values to look for, no text is shown', () => {
  const payload = { tokens: Array.from({ length: 1_001 }, (_, index) => `token-${index}`) };

  expect(redactFailure(failureOf('anything'), payload, ['tokens.*']).message).toBe(REDACTED);
});

test('a value is also masked as JSON has it', () => {
  const payload = { note: 'say "hi"\nnow' };

  expect(payloadMask(payload, ['note'])(`sent ${JSON.stringify(payload)}`)).toBe(
    'sent {"note":"[redacted]"}',
  );
});

test('in data, texts, numbers and names of fields are masked, and all else stays', () => {
  const mask = payloadMask({ card: '4111', pin: 123 }, ['card', 'pin']);
  const data = JSON.parse('{"4111":[1,123,true,null,{"__proto__":"card 4111"}],"other":"text"}') as Json;

  expect(JSON.stringify(maskData(data, mask))).toBe(
    '{"[redacted]":[1,"[redacted]",true,null,{"__proto__":"card [redacted]"}],"other":"text"}',
  );
});

test('a mask of a payload without such values changes nothing', () => {
  expect(payloadMask({ id: 7 }, ['card'])('card 7…')).toBe('card 7…');
});
