import type { ControlAuthor } from '../control/control-request.ts';
import type {
  Account,
  AccountChange,
  AccountRole,
  AccountSession,
  ApiKey,
  NewAccount,
  NewApiKey,
  NewSession,
  OwnPasswordChange,
} from './account.ts';

/** Most API keys of one name that are valid at the same time: one, and the one that replaces it. */
export const MAX_KEYS_OF_A_NAME = 2;
/** Most sessions in a list. */
export const MAX_LISTED_SESSIONS = 1_000;
/** Most sessions that were ended, in a list. */
export const MAX_ENDED_SESSIONS = 10_000;
/** How often the use of an API key is written down at most, in milliseconds. */
export const KEY_USE_EVERY_MS = 60_000;

/**
 * The part of a ledger that says who may use the admin API. It stores hashes of passwords, keys and sessions, never these themselves. Every call is
 * atomic against every other caller of the ledger, and durable when it resolves. Each change of an account, a key or a session is in the audit with its
 * author; sign-ins and uses of keys are not. Every method throws {@link LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used.
 */
export interface AccountStore {
  /** All accounts, by name. */
  accounts(): Promise<readonly Account[]>;
  /** What is needed to sign in; undefined when there is no such account. */
  findAccount(name: string): Promise<Pick<NewAccount, 'role' | 'passwordHash'> | undefined>;
  /** @throws {LeveretError} `ACCOUNT_EXISTS`. */
  addAccount(account: NewAccount, author: ControlAuthor): Promise<Account>;
  /** Adds an account unless there is any, and answers whether it did. Of two callers at the same time, one adds its account. */
  addFirstAccount(account: NewAccount, author: ControlAuthor): Promise<boolean>;
  /**
   * Changes an account. A new password ends its sessions. A role that it has already is no change.
   * @throws {LeveretError} `ACCOUNT_NOT_FOUND`; `LAST_ADMIN` when no admin would be left. Nothing is changed then.
   */
  changeAccount(name: string, change: AccountChange, author: ControlAuthor): Promise<Account>;
  /**
   * Gives an account another password, ends its other sessions, and answers true; unless the account has another password than that of `knownHash` meanwhile, or
   * is gone.
   */
  changeOwnPassword(change: OwnPasswordChange, author: ControlAuthor): Promise<boolean>;
  /**
   * Removes an account and ends its sessions.
   * @throws {LeveretError} `ACCOUNT_NOT_FOUND`, `LAST_ADMIN`.
   */
  removeAccount(name: string, author: ControlAuthor): Promise<void>;

  /** All API keys that are valid, by name, the oldest first. */
  apiKeys(): Promise<readonly ApiKey[]>;
  /** The key of an id, with its hash; undefined when none is valid. */
  findApiKey(id: string): Promise<(ApiKey & Pick<NewApiKey, 'hash'>) | undefined>;
  /** @throws {LeveretError} `API_KEY_LIMIT` when {@link MAX_KEYS_OF_A_NAME} keys of the name are valid. */
  addApiKey(key: NewApiKey, author: ControlAuthor): Promise<ApiKey>;
  /** @throws {LeveretError} `API_KEY_NOT_FOUND`. */
  revokeApiKey(id: string, author: ControlAuthor): Promise<void>;
  /** The key was used just now: stored unless a use was stored in the last {@link KEY_USE_EVERY_MS}. Does nothing for an unknown key. */
  noteApiKeyUse(id: string): Promise<void>;

  /**
   * Begins a session, notes the sign-in, and answers true, unless the account has another password than that of `passwordHash` meanwhile, or is gone.
   * Sessions that have expired are deleted.
   */
  addSession(session: NewSession, passwordHash: string): Promise<boolean>;
  /** A session that is valid, with the role of its account; undefined otherwise. */
  findSession(id: string): Promise<(AccountSession & { readonly role: AccountRole }) | undefined>;
  /** The sessions that are valid, the newest first, at most {@link MAX_LISTED_SESSIONS}. */
  sessions(): Promise<readonly AccountSession[]>;
  /** @throws {LeveretError} `SESSION_NOT_FOUND`, also for one that has ended. */
  endSession(id: string, author: ControlAuthor): Promise<void>;
  /** Ids of sessions that were ended and would not have expired yet, at most the {@link MAX_ENDED_SESSIONS} that expire last. */
  endedSessions(): Promise<readonly string[]>;
  /** The secret that sessions are signed with: the same for all who open the ledger, and for as long as it exists. 64 hexadecimal digits. */
  sessionSecret(): Promise<string>;
}
