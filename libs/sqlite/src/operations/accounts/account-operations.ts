import type { Account, AccountChange, AccountRole, NewAccount, OwnPasswordChange } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import { type Audit, createAudit } from '../control/audit.ts';
import type { AccountOutcome, Stamp } from './account-outcome.ts';
import { createApiKeyOperations } from './api-key-operations.ts';
import { createSessionOperations } from './session-operations.ts';

/** The operations on accounts, API keys and sessions: see `AccountStore` of the core. */
export function createAccountOperations(connection: SqlConnection) {
  const audit = createAudit(connection);
  const { endSessionsOf, ...sessions } = createSessionOperations(connection, audit);
  return {
    ...createAccounts(connection, { audit, endSessionsOf }),
    ...createApiKeyOperations(connection, audit),
    ...sessions,
  };
}

interface AccountsContext {
  readonly audit: Pick<Audit, 'add'>;
  readonly endSessionsOf: (account: string, at: number, keptSessionId?: string) => void;
}

interface RoleChange {
  readonly from: AccountRole;
  readonly to: AccountRole;
}

const ACCOUNTS = `SELECT name, role, created_at, last_sign_in_at,
  (SELECT count(*) FROM account_session WHERE account = name AND ended_at IS NULL AND expires_at > ?) FROM account`;

function createAccounts(connection: SqlConnection, { audit, endSessionsOf }: AccountsContext) {
  const list = connection.prepare(`${ACCOUNTS} ORDER BY name`);
  const read = connection.prepare(`${ACCOUNTS} WHERE name = ?`);
  const find = connection.prepare('SELECT role, password_hash FROM account WHERE name = ?');
  const findAny = connection.prepare('SELECT 1 FROM account LIMIT 1');
  const findOtherAdmin = connection.prepare(
    "SELECT 1 FROM account WHERE role = 'admin' AND name <> ? LIMIT 1",
  );
  const insert = connection.prepare(
    'INSERT INTO account (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)',
  );
  const setRole = connection.prepare('UPDATE account SET role = ? WHERE name = ?');
  const setPassword = connection.prepare('UPDATE account SET password_hash = ? WHERE name = ?');
  const setOwnPassword = connection.prepare(
    'UPDATE account SET password_hash = ? WHERE name = ? AND password_hash = ?',
  );
  const remove = connection.prepare('DELETE FROM account WHERE name = ?');

  function findAccount(name: string) {
    const row = find.get(name);
    if (row === undefined) return undefined;
    return { role: String(row[0]) as AccountRole, passwordHash: String(row[1]) };
  }

  function add({ name, role, passwordHash }: NewAccount, stamp: Stamp): void {
    insert.run(name, role, passwordHash, stamp.at);
    audit.add({ ...stamp, action: 'add-account', subject: name, detail: role });
  }

  const isLastAdmin = (name: string, role: AccountRole) =>
    role === 'admin' && findOtherAdmin.get(name) === undefined;

  function changeRole(name: string, { from, to }: RoleChange, stamp: Stamp): void {
    setRole.run(to, name);
    audit.add({ ...stamp, action: 'change-role', subject: name, detail: `${from} to ${to}` });
  }

  function changePassword(name: string, passwordHash: string, stamp: Stamp): void {
    setPassword.run(passwordHash, name);
    endSessionsOf(name, stamp.at);
    audit.add({ ...stamp, action: 'change-password', subject: name });
  }

  return {
    accounts: (at: number): readonly Account[] => list.all(at).map(toAccount),
    findAccount,
    addAccount(account: NewAccount, stamp: Stamp): AccountOutcome<Account> {
      if (findAccount(account.name) !== undefined) return { refused: 'ACCOUNT_EXISTS' };
      add(account, stamp);
      return { done: toAccount(read.get(stamp.at, account.name)) };
    },
    addFirstAccount(account: NewAccount, stamp: Stamp): boolean {
      if (findAny.get() !== undefined) return false;
      add(account, stamp);
      return true;
    },
    changeAccount(
      name: string,
      { role, passwordHash }: AccountChange,
      stamp: Stamp,
    ): AccountOutcome<Account> {
      const known = findAccount(name);
      if (known === undefined) return { refused: 'ACCOUNT_NOT_FOUND' };
      if (role !== undefined && role !== known.role) {
        if (isLastAdmin(name, known.role)) return { refused: 'LAST_ADMIN' };
        changeRole(name, { from: known.role, to: role }, stamp);
      }
      if (passwordHash !== undefined) changePassword(name, passwordHash, stamp);
      return { done: toAccount(read.get(stamp.at, name)) };
    },
    changeOwnPassword(
      { name, knownHash, passwordHash, sessionId }: OwnPasswordChange,
      stamp: Stamp,
    ): boolean {
      if (setOwnPassword.run(passwordHash, name, knownHash) === 0) return false;
      endSessionsOf(name, stamp.at, sessionId);
      audit.add({ ...stamp, action: 'change-password', subject: name });
      return true;
    },
    removeAccount(name: string, stamp: Stamp): AccountOutcome<undefined> {
      const known = findAccount(name);
      if (known === undefined) return { refused: 'ACCOUNT_NOT_FOUND' };
      if (isLastAdmin(name, known.role)) return { refused: 'LAST_ADMIN' };
      endSessionsOf(name, stamp.at);
      remove.run(name);
      audit.add({ ...stamp, action: 'remove-account', subject: name });
      return { done: undefined };
    },
  };
}

function toAccount([name, role, createdAt, lastSignInAt, sessionCount]: SqlRow = []): Account {
  return {
    name: String(name),
    role: String(role) as AccountRole,
    createdAt: Number(createdAt),
    ...(typeof lastSignInAt === 'number' ? { lastSignInAt } : {}),
    sessionCount: Number(sessionCount),
  };
}
