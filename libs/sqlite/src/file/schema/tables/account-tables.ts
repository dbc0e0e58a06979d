/**
 * Leads from version 8 to 9, for who may use the admin API. `account`: people. `api_key`: keys that are valid, with `hash` as SHA-256. `account_session`: of people who
 * signed in; `id` is a hash. One that was ended stays until it would have expired, so that processes learn of it. All moments are in the time of whoever acted.
 * `audit.subject`: the account or key that an entry is about; `audit.detail`: what of it.
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
