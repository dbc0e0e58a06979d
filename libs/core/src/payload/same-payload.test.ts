import { expect, test } from 'vitest';
import { isSamePayload } from './same-payload.ts';

const body = (text: string) => new TextEncoder().encode(text);

test.each([
  ['the same bytes', '{"a":1}', '{"a":1}'],
  ['another order of keys, at any depth', '{"a":1,"b":[{"c":2,"d":null}]}', '{"b":[{"d":null,"c":2}],"a":1}'],
  ['other white space', '[1, 2]', '[1,2]'],
  ['the same bytes that are no JSON', '\u0001{', '\u0001{'],
])('%s are the same payload', (_what, one, other) => {
  expect(isSamePayload(body(one), body(other))).toBe(true);
});

test.each([
  ['another value', '{"a":1}', '{"a":2}'],
  ['a key more', '{"a":1}', '{"a":1,"b":1}'],
  ['another key', '{"a":null}', '{"b":null}'],
  ['another order in a list', '[1,2]', '[2,1]'],
  ['a list and an object of the same keys', '["x"]', '{"0":"x"}'],
  ['an own key and one that every object has', '{"toString":1}', '{"a":1}'],
  ['null and an object', 'null', '{}'],
  ['bytes that are no JSON', '{', '{}'],
])('%s make another payload', (_what, one, other) => {
  expect(isSamePayload(body(one), body(other))).toBe(false);
});
