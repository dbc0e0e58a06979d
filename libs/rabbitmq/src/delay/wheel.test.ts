import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  entryKey,
  holdMs,
  LEVEL_COUNT,
  LONGEST_PASS_MS,
  onwardKeys,
  roundedDelayMs,
  routeOf,
  slotsOf,
} from './wheel.ts';

/** The largest power of two that one pass holds, in units of 100 ms: nothing up to it is rounded beyond the pass. */
const LONGEST_ROUNDED_MS = 2 ** 29 * 100;

test('ten seconds pass three queues, as written in the wire format', () => {
  const { slots, leftMs } = routeOf(10_000);

  expect(slots.slice(0, 1).map(entryKey)).toEqual(['@3.1']);
  expect(onwardKeys(slots)).toEqual(['3>2.2', '2>1.1', '1>']);
  expect(leftMs).toBe(0);
});

test('a delay shorter than a unit waits one unit', () => {
  expect(routeOf(1)).toEqual({ slots: [{ level: 0, digit: 1 }], leftMs: 0 });
});

test('a route holds a message at least its delay and less than a unit longer, and only goes down', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: LONGEST_PASS_MS }), (delayMs) => {
      const { slots, leftMs } = routeOf(delayMs);
      const heldMs = slots.reduce((sum, slot) => sum + holdMs(slot), 0);
      expect(leftMs).toBe(0);
      expect(heldMs).toBeGreaterThanOrEqual(delayMs);
      expect(heldMs).toBeLessThan(delayMs + 100);
      expect(slots.every(({ level }, index) => level < (slots[index - 1]?.level ?? LEVEL_COUNT))).toBe(true);
    }),
  );
});

test('a delay beyond one pass fills every level and leaves the rest for the next pass', () => {
  const { slots, leftMs } = routeOf(LONGEST_PASS_MS + 12_345);

  expect(slots).toHaveLength(LEVEL_COUNT);
  expect(leftMs).toBe(12_345);
});

test.each([
  [0, 0],
  [1, 100],
  [12_700, 12_700],
  [12_701, 12_800],
  [12_801, 13_000],
  [60_000, 60_000],
  [3_600_000, 3_635_200],
])('a delay of %i ms is rounded to %i ms', (delayMs, roundedMs) => {
  expect(roundedDelayMs(delayMs)).toBe(roundedMs);
});

test('a rounded delay is never shorter, hardly longer, and passes four slots at most', () => {
  const longest = fc.integer({ min: 1, max: LONGEST_ROUNDED_MS });
  fc.assert(
    fc.property(longest, fc.integer({ min: 0, max: 30 }), (large, halvings) => {
      const delayMs = Math.ceil(large / 2 ** halvings);
      const roundedMs = roundedDelayMs(delayMs);

      expect(roundedMs).toBeGreaterThanOrEqual(delayMs);
      expect(roundedMs - delayMs).toBeLessThan(100 + delayMs / 64);
      expect(routeOf(roundedMs).slots.length).toBeLessThanOrEqual(4);
    }),
  );
});

test('the wheel has forty-five queues', () => {
  expect(slotsOf(0, LEVEL_COUNT)).toHaveLength(45);
});
