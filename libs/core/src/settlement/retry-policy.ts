import type { Random } from '../random.ts';

/** When and how often a failing job is tried. */
export interface RetryPolicy {
  /** All tries together, the first included; at least 1. */
  readonly attempts: number;
  /** The longest wait after the first failure, in milliseconds. */
  readonly firstDelayMs: number;
  /** No wait is longer than this, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * 18 attempts over about nine and a half hours: a dependency may be away for a night. The waits are 10 s, 20 s, 40 s and so on up to
 * 1 h, and add up to 9 h 25 min 10 s. Jitter shortens each by up to half, so that the last attempt starts 4 h 42 min 35 s after the
 * first failure at the earliest.
 */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 18, firstDelayMs: 10_000, maxDelayMs: 3_600_000 };

/** The longest delay any driver promises to keep: ten years, in milliseconds. */
export const MAX_DELAY_MS = 315_360_000_000;

function requireInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${value}`);
  }
}

/**
 * A policy whose waits double after every failure, with jitter (see {@link retryDelayMs}). What is not given is as in
 * {@link DEFAULT_RETRY}; of the two delays, the one that is not given makes way for the other.
 *
 * @throws {RangeError} when `attempts` is not from 1 to 1000, or a delay is negative, over ten years, or first above max.
 */
export function exponentialBackoff(policy: Partial<RetryPolicy> = {}): RetryPolicy {
  const { attempts = DEFAULT_RETRY.attempts, firstDelayMs: first, maxDelayMs: max } = policy;
  const maxDelayMs = max ?? Math.max(DEFAULT_RETRY.maxDelayMs, first ?? 0);
  const firstDelayMs = first ?? Math.min(DEFAULT_RETRY.firstDelayMs, maxDelayMs);
  requireInteger('attempts', attempts, 1, 1000);
  if (max !== undefined) requireInteger('maxDelayMs', max, 0, MAX_DELAY_MS);
  requireInteger('firstDelayMs', firstDelayMs, 0, max ?? MAX_DELAY_MS);
  return { attempts, firstDelayMs, maxDelayMs };
}

/**
 * How long to wait before trying a job again: exponential, jittered so that a burst of failures does not come back as
 * a burst ("equal jitter": half of the delay is fixed, half is chance).
 *
 * @param attempt Attempts made so far, counted from 1.
 * @param policy `firstDelayMs` doubles with every attempt and never passes `maxDelayMs`.
 * @param random Uniform in [0, 1). Injected, so tests state exact delays.
 * @returns Whole milliseconds, between half the doubled delay and all of it.
 * @throws {RangeError} when `attempt` is not a positive integer.
 */
export function retryDelayMs(
  attempt: number,
  policy: Pick<RetryPolicy, 'firstDelayMs' | 'maxDelayMs'>,
  random: Random,
): number {
  requireInteger('attempt', attempt, 1, Number.MAX_SAFE_INTEGER);
  const fullMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  return Math.round(fullMs / 2 + random() * (fullMs / 2));
}
