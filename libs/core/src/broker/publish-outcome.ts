import { LeveretError } from '../errors/errors.ts';

/** What is known about messages that could not be published: the detail `outcome` of the error. */
export type PublishOutcome =
  /** None of them was stored, and none of them will be sent. */
  | 'not-stored'
  /** Some may be stored: the channel was lost before the broker answered. */
  | 'unknown';

/** Whether `error` says that nothing was stored. If it does not, something may be stored. */
export function isNothingStored(error: unknown): boolean {
  return error instanceof LeveretError && error.details['outcome'] === 'not-stored';
}
