import {
  type AccountRole,
  type AccountSession,
  MAX_ENDED_SESSIONS,
  MAX_LISTED_SESSIONS,
  type NewSession,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import type { Audit } from '../control/audit.ts';
import type { AccountOutcome, Stamp } from './account-outcome.ts';

const COLUMNS = 'session.id, session.account, session.created_at, session.expires_at, session.address';
const SECRET = 'session-secret';

/** The operations on sessions. */
export function createSessionOperations(connection: SqlConnection, audit: Pick<Audit, 'add'>) {
  const removeExpired = connection.prepare('DELETE FROM account_session WHERE expires_at <= ?');
  const noteSignIn = connection.prepare(
    'UPDATE account SET last_sign_in_at = ? WHERE name = ? AND password_hash = ?',
  );
  const insert = connection.prepare(
    'INSERT INTO account_session (id, account, created_at, expires_at, address) VALUES (?, ?, ?, ?, ?)',
  );
  const find = connection.prepare(
    `SELECT ${COLUMNS}, account.role FROM account_session AS session JOIN account ON account.name = session.account
       WHERE session.id = ? AND session.ended_at IS NULL AND session.expires_at > ?`,
  );
  const list = connection.prepare(
    `SELECT ${COLUMNS} FROM account_session AS session WHERE ended_at IS NULL AND expires_at > ?
       ORDER BY created_at DESC, id LIMIT ${MAX_LISTED_SESSIONS}`,
  );
  const end = connection.prepare('UPDATE account_session SET ended_at = ? WHERE id = ?');
  const endAll = connection.prepare(
    'UPDATE account_session SET ended_at = ? WHERE account = ? AND ended_at IS NULL AND id IS NOT ?',
  );
  const listEnded = connection.prepare(
    `SELECT id FROM account_session WHERE ended_at IS NOT NULL AND expires_at > ?
       ORDER BY expires_at DESC LIMIT ${MAX_ENDED_SESSIONS}`,
  );
  const findSecret = connection.prepare('SELECT value FROM meta WHERE name = ?');
  const putSecret = connection.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)');

  return {
    addSession({ id, account, expiresAt, address }: NewSession, passwordHash: string, at: number): boolean {
      removeExpired.run(at);
      if (noteSignIn.run(at, account, passwordHash) === 0) return false;
      insert.run(id, account, at, expiresAt, address);
      return true;
    },
    findSession(id: string, at: number) {
      const row = find.get(id, at);
      return row === undefined ? undefined : { ...toSession(row), role: String(row[5]) as AccountRole };
    },
    sessions: (at: number): readonly AccountSession[] => list.all(at).map(toSession),
    endSession(id: string, stamp: Stamp): AccountOutcome<undefined> {
      const row = find.get(id, stamp.at);
      if (row === undefined) return { refused: 'SESSION_NOT_FOUND' };
      const { account, address } = toSession(row);
      end.run(stamp.at, id);
      audit.add({ ...stamp, action: 'end-session', subject: account, detail: `from ${address}` });
      return { done: undefined };
    },
    endedSessions: (at: number): readonly string[] => listEnded.all(at).map(([id]) => String(id)),
    /** The secret of the file, which is `fresh` when it had none. */
    sessionSecret(fresh: string): string {
      putSecret.run(SECRET, fresh);
      return String(findSecret.get(SECRET)?.[0]);
    },
    endSessionsOf(account: string, at: number, keptSessionId: string | null = null): void {
      endAll.run(at, account, keptSessionId);
    },
  };
}

function toSession([id, account, createdAt, expiresAt, address]: SqlRow): AccountSession {
  return {
    id: String(id),
    account: String(account),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    address: String(address),
  };
}
