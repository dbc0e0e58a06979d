import { LeveretError } from './errors.ts';

/** What is known of messages that could not be published: a detail of the error, named `outcome`. */
export type PublishOutcome =
  /** None of them was stored, and none of them is sent any more. */
  | 'not-stored'
  /** Some may be stored: whatever carried them was lost before it answered. */
  | 'unknown';

/** Whether `error` says that nothing was stored. Where it does not say, something may be. */
export function isNothingStored(error: unknown): boolean {
  return error instanceof LeveretError && error.details['outcome'] === 'not-stored';
}
