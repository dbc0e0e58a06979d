import type { AdminVerb, SessionView } from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';

/** Who uses the page. */
export interface Session extends Omit<SessionView, 'expiresAt'> {
  /** When it has to sign in again; undefined when it need not. */
  readonly expiresAt: Date | undefined;
}

/** The account that is signed in. Fails with `UNAUTHENTICATED` when none is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call<SessionView>('/session', { signal }),
  select: toSession,
  staleTime: 60_000,
  // After the ledger was away, a session has its verbs again.
  refetchInterval: 60_000,
});

function toSession({ expiresAt, ...view }: SessionView): Session {
  return { ...view, expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt) };
}

/** Name and password to sign in with. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** @throws {ApiError} `SIGN_IN_REFUSED` when name or password are wrong, `SIGN_IN_LIMITED` after too many attempts. */
export function signIn(body: Credentials): Promise<SessionView> {
  return call('/session', { method: 'POST', body });
}

/** One's own password, and the one that takes its place. */
export interface PasswordChange {
  readonly password: string;
  readonly newPassword: string;
}

/**
 * Changes one's own password, and ends the other sessions of the account.
 *
 * @throws {ApiError} `PASSWORD_WRONG`, and `SIGN_IN_LIMITED` after too many attempts.
 */
export function changePassword(body: PasswordChange): Promise<void> {
  return call('/session/password', { method: 'POST', body });
}

/** Ends the session. Safe to call twice. */
export function signOut(): Promise<void> {
  return call('/session', { method: 'DELETE' });
}

/** Whether an account may use a verb. The server decides; the page only does not offer what would be refused. */
export function mayUse(session: SessionView | Session, verb: AdminVerb): boolean {
  return session.verbs.includes(verb);
}
