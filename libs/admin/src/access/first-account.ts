import type { AccountStore } from '@leveret/core';
import { generatePassword, hashPassword } from './credentials/passwords.ts';

/** Name of the account that the first start creates. */
export const FIRST_ACCOUNT = 'admin';

/**
 * Creates an admin with a generated password when there is no account at all. Of several processes that start at the same time, one does.
 * @returns The password, to be shown once; undefined when there is an account already.
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function createFirstAccount(accounts: AccountStore): Promise<string | undefined> {
  if ((await accounts.accounts()).length > 0) return undefined;
  const password = generatePassword();
  const account = { name: FIRST_ACCOUNT, role: 'admin', passwordHash: await hashPassword(password) } as const;
  const author = { by: 'leveret', reason: 'first start' };
  return (await accounts.addFirstAccount(account, author)) ? password : undefined;
}
