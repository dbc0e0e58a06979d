/** What an account or an API key may do, from the least to the most. `ADMIN_VERBS` of the HTTP contract says what that is. */
export type AccountRole = 'viewer' | 'operator' | 'admin';

/** What is done to accounts, API keys and sessions, as the audit names it. */
export type AccountAction =
  | 'add-account'
  | 'change-role'
  | 'change-password'
  | 'remove-account'
  | 'create-key'
  | 'revoke-key'
  | 'end-session';

/** An account of a person. Moments are milliseconds since 1970. */
export interface Account {
  readonly name: string;
  readonly role: AccountRole;
  readonly createdAt: number;
  readonly lastSignInAt?: number;
  /** Its sessions that are valid. */
  readonly sessionCount: number;
}

/** What an account is created with. */
export interface NewAccount {
  readonly name: string;
  readonly role: AccountRole;
  /** With salt and parameters: the ledger stores it, and does not know how it is made. */
  readonly passwordHash: string;
}

/** What is changed of an account. Absent fields stay as they are. */
export interface AccountChange {
  readonly role?: AccountRole;
  /** Ends the sessions of the account. */
  readonly passwordHash?: string;
}

/** How the owner of an account changes its password. */
export interface OwnPasswordChange {
  readonly name: string;
  /** The stored hash of the password that the owner has sent. */
  readonly knownHash: string;
  readonly passwordHash: string;
  /** The session of the owner, which goes on. */
  readonly sessionId: string;
}

/** An API key that is valid, without its secret. Moments are milliseconds since 1970. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: AccountRole;
  readonly createdAt: number;
  /** Who created it, as the audit names them. */
  readonly createdBy: string;
  /** To the minute. */
  readonly lastUsedAt?: number;
}

/** What an API key is created with. */
export interface NewApiKey {
  /** A part of the key: it is no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: AccountRole;
  /** SHA-256 of the whole key. */
  readonly hash: string;
}

/** What a session begins with. */
export interface NewSession {
  /** SHA-256 of the secret that the browser has: it is no secret itself. */
  readonly id: string;
  readonly account: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  /** Where the person signed in from. */
  readonly address: string;
}

/** A session that is valid. */
export interface AccountSession extends NewSession {
  /** In milliseconds since 1970. */
  readonly createdAt: number;
}
