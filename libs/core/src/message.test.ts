import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePayload, encodePayload } from './message.ts';

test('any JSON comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(decodePayload(encodePayload(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test.each([undefined, () => 1, Symbol('x')])('what is not JSON is a mistake of the caller: %s', (value) => {
  expect(() => encodePayload(value)).toThrow(TypeError);
});

test('bytes that are not UTF-8, or not JSON, are refused', () => {
  expect(() => decodePayload(new Uint8Array([0xff, 0xfe]))).toThrow();
  expect(() => decodePayload(new TextEncoder().encode('{'))).toThrow();
});
