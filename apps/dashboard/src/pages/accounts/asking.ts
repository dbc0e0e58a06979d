import type { Account, AccountSession, ApiKey } from '../../api/accounts.ts';

/** A question that is open. */
export type Asking =
  | { readonly kind: 'add-account' | 'create-key' }
  | { readonly kind: 'reset-password' | 'remove-account'; readonly name: string }
  | { readonly kind: 'set-role'; readonly account: Account }
  | { readonly kind: 'revoke-key'; readonly key: ApiKey }
  | { readonly kind: 'end-session'; readonly session: AccountSession };

/** Opens a question. */
export type Ask = (asking: Asking) => void;
