import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePayload, encodePayload, type JobMessage, runKey, runOf } from './message.ts';

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

test('a retry, a rerun, and a job that was held, snoozed or superseded in between are other runs; the same message again is not', () => {
  const message = { id: 'a', attempt: 1, heldMs: 0, crashes: 0, snoozes: 0, generation: 0 } as JobMessage;
  const others = [{ attempt: 2 }, { heldMs: 5_000 }, { crashes: 1 }, { snoozes: 1 }, { generation: 1 }].map(
    (over) => runKey({ ...message, ...over }),
  );

  expect(runKey({ ...message, createdAt: 7 })).toBe(runKey(message));
  expect(new Set([runKey(message), ...others]).size).toBe(6);
});

test('every run of an attempt has a higher number than the one before, though a snooze resets the time held', () => {
  const message = { id: 'a', attempt: 1, heldMs: 0, crashes: 0, snoozes: 0, generation: 0 } as JobMessage;
  const runs = [
    {},
    { heldMs: 5_000 },
    { heldMs: 960_000, crashes: 2 },
    { crashes: 2, snoozes: 1 },
    { heldMs: 5_000, crashes: 2, snoozes: 1 },
    { crashes: 2, snoozes: 2 },
  ].map((over) => runOf({ ...message, ...over }));

  expect(runs).toEqual([...runs].sort((a, b) => a - b));
  expect(new Set(runs).size).toBe(runs.length);
  expect(runs[0]).toBe(0);
  expect(Number.isSafeInteger(runOf({ ...message, snoozes: Number.MAX_SAFE_INTEGER }))).toBe(true);
});
