import type {
  AccountListView,
  AccountReceiptView,
  AccountSessionListView,
  AccountView,
  AdminRole,
  ApiKeyListView,
  ApiKeyReceiptView,
  ApiKeyView,
} from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';

type SessionView = AccountSessionListView['sessions'][number];

/** An account. */
export interface Account extends Omit<AccountView, 'createdAt' | 'lastSignInAt'> {
  readonly createdAt: Date;
  readonly lastSignInAt: Date | undefined;
}

/** An API key, without its secret. */
export interface ApiKey extends Omit<ApiKeyView, 'createdAt' | 'lastUsedAt'> {
  readonly createdAt: Date;
  readonly lastUsedAt: Date | undefined;
}

/** A session of an account. */
export interface AccountSession extends Omit<SessionView, 'createdAt' | 'expiresAt'> {
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** All accounts, by name. */
export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => call<AccountListView>('/accounts', { signal }),
  select: ({ accounts }: AccountListView) => accounts.map(toAccount),
});

/** All API keys that are valid. */
export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => call<ApiKeyListView>('/keys', { signal }),
  select: ({ keys }: ApiKeyListView) => keys.map(toKey),
});

/** Sessions that are valid. */
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => call<AccountSessionListView>('/sessions', { signal }),
  select: ({ sessions }: AccountSessionListView) => sessions.map(toSession),
});

/** Name and role of a new account or API key. */
export interface Named {
  readonly name: string;
  readonly role: AdminRole;
}

/** Creates an account with a generated password, which only this answer has. @throws {ApiError} when the name is taken. */
export function addAccount({ name, role }: Named): Promise<AccountReceiptView> {
  return call('/accounts', { method: 'POST', body: { name, role } });
}

/** Changes a role. Safe to repeat. */
export function setRole({ name, role }: Named): Promise<AccountReceiptView> {
  return call(`/accounts/${encodeURIComponent(name)}`, { method: 'PATCH', body: { role } });
}

/** Gives an account a generated password, which only this answer has, and ends its sessions. */
export function resetPassword(name: string): Promise<AccountReceiptView> {
  return call(`/accounts/${encodeURIComponent(name)}`, { method: 'PATCH', body: { generatePassword: true } });
}

/** Removes an account and ends its sessions. */
export function removeAccount(name: string): Promise<void> {
  return call(`/accounts/${encodeURIComponent(name)}`, { method: 'DELETE' });
}

/** Creates an API key; only this answer has its secret. */
export function createKey({ name, role }: Named): Promise<ApiKeyReceiptView> {
  return call('/keys', { method: 'POST', body: { name, role } });
}

/** Revokes an API key. */
export function revokeKey(id: string): Promise<void> {
  return call(`/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

/** Ends a session. */
export function endSession(id: string): Promise<void> {
  return call(`/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

function toAccount({ createdAt, lastSignInAt, ...view }: AccountView): Account {
  return { ...view, createdAt: new Date(createdAt), lastSignInAt: toDate(lastSignInAt) };
}

function toKey({ createdAt, lastUsedAt, ...view }: ApiKeyView): ApiKey {
  return { ...view, createdAt: new Date(createdAt), lastUsedAt: toDate(lastUsedAt) };
}

function toSession({ createdAt, expiresAt, ...view }: SessionView): AccountSession {
  return { ...view, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
}

function toDate(at: string | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
