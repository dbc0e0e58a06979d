import type { Rate } from '@leveret/core';
import type { RateView } from '@leveret/http-contract/admin';
import { known } from '../wire/values.ts';

/** Nothing happened. */
export const NO_RATE: Rate = { in: 0, succeeded: 0, cancelled: 0, expired: 0, dead: 0, failedAttempts: 0 };

/** What happened in a stretch of time. */
export function toRateView(rate: Rate): RateView {
  const { succeeded, cancelled, expired, dead, failedAttempts, queueWait, run } = rate;
  return { in: rate.in, succeeded, cancelled, expired, dead, failedAttempts, ...known({ queueWait, run }) };
}

/** Jobs that ended. */
export function endedIn({ succeeded, cancelled, expired, dead }: Rate): number {
  return succeeded + cancelled + expired + dead;
}
