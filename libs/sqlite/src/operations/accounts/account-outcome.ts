import type { ControlAuthor } from '@leveret/core';

/** Who acts, why, and when, in milliseconds since 1970. */
export interface Stamp extends ControlAuthor {
  readonly at: number;
}

/** Why an account, a key or a session is not changed. */
export type AccountRefusal =
  | 'ACCOUNT_EXISTS'
  | 'ACCOUNT_NOT_FOUND'
  | 'LAST_ADMIN'
  | 'API_KEY_LIMIT'
  | 'API_KEY_NOT_FOUND'
  | 'SESSION_NOT_FOUND';

/** What came of a change: its outcome, or why nothing was changed. */
export type AccountOutcome<T> = { readonly done: T } | { readonly refused: AccountRefusal };
