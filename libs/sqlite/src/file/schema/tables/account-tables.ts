/**
 * Leads from version 8 to 9, for users of the admin API. `account`: people. `api_key`: valid keys, with `hash` as SHA-256.
 * `account_session`: sessions of accounts; `id` is a hash. An ended session stays until its expiry, so that other processes learn
 * of its end. All moments are wall-clock times of the acting process. `audit.subject`: the account or key of an entry;
 * `audit.detail`: its roles and ids.
 */
export const ACCOUNT_TABLES = `
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) WITHOUT ROWID;
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  last_used_at INTEGER
) WITHOUT ROWID;
CREATE TABLE account_session (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address TEXT NOT NULL,
  ended_at INTEGER
) WITHOUT ROWID;
CREATE INDEX account_session_valid ON account_session (account) WHERE ended_at IS NULL;
CREATE INDEX account_session_expires ON account_session (expires_at);
ALTER TABLE audit ADD COLUMN subject TEXT;
ALTER TABLE audit ADD COLUMN detail TEXT;
`;
