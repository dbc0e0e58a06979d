import { type AdminAccess, accountAccess, createFirstAccount, FIRST_ACCOUNT } from '@leveret/admin';
import type { AccountStore, Clock } from '@leveret/core';

/** What signing in works with. */
export interface LoginOptions {
  readonly accounts: AccountStore;
  readonly clock: Clock;
  /** Takes a line for the person at the terminal. Never a logger: a password is in it. */
  readonly say: (line: string) => void;
}

/**
 * Access to the admin API for people who sign in, and for API keys. The first time, when there is no account, creates an admin and says its password.
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function openLogin({ accounts, clock, say }: LoginOptions): Promise<AdminAccess> {
  const password = await createFirstAccount(accounts);
  if (password !== undefined) {
    say(`The admin API has a first account: ${FIRST_ACCOUNT}, with the password ${password}`);
    say('The password is not shown again; "leveret accounts reset-password" makes a new one.');
  }
  return await accountAccess({ accounts, clock });
}
