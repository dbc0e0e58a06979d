import { randomBytes } from 'node:crypto';
import { type AccountStore, type Clock, type ControlAuthor, LeveretError, systemClock } from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { AccountOutcome, AccountRefusal, Stamp } from '../operations/accounts/account-outcome.ts';

/** What the accounts work with. */
export interface SqliteAccountStoreOptions {
  /** Who closes it closes the accounts. */
  readonly database: Pick<SqliteDatabase, 'call'>;
  readonly clock?: Clock;
}

const SECRET_BYTES = 32;

/** Why nothing was changed, in words. */
const REFUSALS: Readonly<Record<AccountRefusal, string>> = {
  ACCOUNT_EXISTS: 'an account has this name already',
  ACCOUNT_NOT_FOUND: 'there is no account of this name',
  LAST_ADMIN: 'no other account is an admin',
  API_KEY_LIMIT: 'two keys of this name are valid',
  API_KEY_NOT_FOUND: 'no key of this id is valid',
  SESSION_NOT_FOUND: 'no session of this id is valid',
};

/** Accounts, API keys and sessions in the SQLite file of a ledger. */
export function createSqliteAccountStore({
  database: { call },
  clock = systemClock,
}: SqliteAccountStoreOptions): AccountStore {
  const now = () => clock.now();
  const stamp = (author: ControlAuthor): Stamp => ({ ...author, at: now() });
  return {
    accounts: () => call('accounts', now()),
    findAccount: (name) => call('findAccount', name),
    addAccount: async (account, author) => outcomeOf(await call('addAccount', account, stamp(author))),
    addFirstAccount: (account, author) => call('addFirstAccount', account, stamp(author)),
    changeAccount: async (name, change, author) =>
      outcomeOf(await call('changeAccount', name, change, stamp(author))),
    changeOwnPassword: (change, author) => call('changeOwnPassword', change, stamp(author)),
    removeAccount: async (name, author) => outcomeOf(await call('removeAccount', name, stamp(author))),
    apiKeys: () => call('apiKeys'),
    findApiKey: (id) => call('findApiKey', id),
    addApiKey: async (key, author) => outcomeOf(await call('addApiKey', key, stamp(author))),
    revokeApiKey: async (id, author) => outcomeOf(await call('revokeApiKey', id, stamp(author))),
    noteApiKeyUse: (id) => call('noteApiKeyUse', id, now()),
    addSession: (session, passwordHash) => call('addSession', session, passwordHash, now()),
    findSession: (id) => call('findSession', id, now()),
    sessions: () => call('sessions', now()),
    endSession: async (id, author) => outcomeOf(await call('endSession', id, stamp(author))),
    endedSessions: () => call('endedSessions', now()),
    sessionSecret: () => call('sessionSecret', randomBytes(SECRET_BYTES).toString('hex')),
  };
}

/** @throws {LeveretError} when nothing was changed. */
function outcomeOf<T>(outcome: AccountOutcome<T>): T {
  if ('done' in outcome) return outcome.done;
  throw new LeveretError(outcome.refused, REFUSALS[outcome.refused]);
}
