import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_RETRY, exponentialBackoff, retryDelayMs } from './retry-policy.ts';

const policy = { firstDelayMs: 1_000, maxDelayMs: 10_000 };

test('the delay doubles with every attempt, from half of it to all of it by chance', () => {
  expect(retryDelayMs(1, policy, () => 0)).toBe(500);
  expect(retryDelayMs(1, policy, () => 1)).toBe(1_000);
  expect(retryDelayMs(3, policy, () => 0)).toBe(2_000);
  expect(retryDelayMs(3, policy, () => 0.5)).toBe(3_000);
});

test('the delay never passes its bound, however many attempts there were', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, chance) => {
        const delayMs = retryDelayMs(attempt, policy, () => chance);

        expect(delayMs).toBeGreaterThanOrEqual(500);
        expect(delayMs).toBeLessThanOrEqual(10_000);
        expect(Number.isInteger(delayMs)).toBe(true);
      },
    ),
  );
});

test('by default a job is tried 18 times, over 9 h 25 min 10 s without jitter and half of that with all of it', () => {
  const waits = (chance: number) =>
    Array.from({ length: DEFAULT_RETRY.attempts - 1 }, (_, n) =>
      retryDelayMs(n + 1, DEFAULT_RETRY, () => chance),
    );
  const spanMs = (chance: number) => waits(chance).reduce((total, waitMs) => total + waitMs, 0);

  expect(DEFAULT_RETRY).toEqual({ attempts: 18, firstDelayMs: 10_000, maxDelayMs: 3_600_000 });
  expect(waits(1).map((waitMs) => waitMs / 1_000)).toEqual([
    ...[10, 20, 40, 80, 160, 320, 640, 1_280, 2_560],
    ...Array.from({ length: 8 }, () => 3_600),
  ]);
  expect(spanMs(1)).toBe(((9 * 60 + 25) * 60 + 10) * 1_000);
  expect(spanMs(0)).toBe(((4 * 60 + 42) * 60 + 35) * 1_000);
});

test.each([0, -1, 1.5, Number.NaN])('attempt %s is a mistake of the caller', (attempt) => {
  expect(() => retryDelayMs(attempt, policy, () => 0)).toThrow(RangeError);
});

test.each([
  [{}, DEFAULT_RETRY],
  [{ attempts: 3 }, { ...DEFAULT_RETRY, attempts: 3 }],
  [{ maxDelayMs: 1_000 }, { attempts: 18, firstDelayMs: 1_000, maxDelayMs: 1_000 }],
  [{ firstDelayMs: 600_000 }, { attempts: 18, firstDelayMs: 600_000, maxDelayMs: 3_600_000 }],
  [{ firstDelayMs: 7_200_000 }, { attempts: 18, firstDelayMs: 7_200_000, maxDelayMs: 7_200_000 }],
])('what a policy leaves out is as usual: %o', (given, policy) => {
  expect(exponentialBackoff(given)).toEqual(policy);
});

test.each([
  { attempts: 0, firstDelayMs: 1, maxDelayMs: 1 },
  { attempts: 1_001, firstDelayMs: 1, maxDelayMs: 1 },
  { attempts: 1, firstDelayMs: -1, maxDelayMs: 1 },
  { attempts: 1, firstDelayMs: 2, maxDelayMs: 1 },
  { attempts: 1, firstDelayMs: 1, maxDelayMs: 315_360_000_001 },
])('a policy out of bounds is refused: %o', (wrong) => {
  expect(() => exponentialBackoff(wrong)).toThrow(RangeError);
});

test.each([
  [{ attempts: 1.5 }, 'attempts must be a whole number from 1 to 1000, got 1.5'],
  [{ firstDelayMs: Number.NaN }, 'firstDelayMs must be a whole number from 0 to 315360000000, got NaN'],
  [{ firstDelayMs: 1e12 }, 'firstDelayMs must be a whole number from 0 to 315360000000, got 1000000000000'],
  [{ firstDelayMs: 2, maxDelayMs: 1 }, 'firstDelayMs must be a whole number from 0 to 1, got 2'],
  [{ maxDelayMs: -1 }, 'maxDelayMs must be a whole number from 0 to 315360000000, got -1'],
])('what is wrong is called by its name: %o', (wrong, message) => {
  expect(() => exponentialBackoff(wrong)).toThrow(new RangeError(message));
});
