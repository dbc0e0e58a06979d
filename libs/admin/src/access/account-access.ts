import { randomBytes } from 'node:crypto';
import { type AccountStore, type Clock, LeveretError, systemClock } from '@leveret/core';
import { bearerOf, refuseForeignPages } from '@leveret/http';
import type { FastifyRequest } from 'fastify';
import { type ApiKeyLookup, createApiKeyLookup } from './api-key-lookup.ts';
import { createAttemptLimits } from './attempt-limits.ts';
import { hashOf } from './credentials/api-key-secret.ts';
import { hashPassword, UNKNOWN_PASSWORD, verifyPassword } from './credentials/passwords.ts';
import type { GuardOptions, RouteRule } from './guard.ts';
import { createPrincipal, type Principal } from './principal.ts';
import { createSessionCookies, type SessionCookies, type SessionTicket } from './session-cookie.ts';
import { createSessionLookup, type SessionLookup } from './session-lookup.ts';

/** How long a session is valid, in milliseconds. */
export const SESSION_MS = 12 * 60 * 60_000;

const SECRET_BYTES = 32;
/** Rules of routes that a session may use while the ledger is away, if they can answer. */
const RULES_WITHOUT_LEDGER: ReadonlySet<RouteRule | undefined> = new Set<RouteRule>([
  'jobs:read',
  'signed-in',
]);

/** How people sign in. */
export interface Login {
  readonly cookies: SessionCookies;
  /**
   * Begins a session. Takes equally long for a wrong password and an unknown name.
   * @throws {LeveretError} `SIGN_IN_REFUSED`, `SIGN_IN_LIMITED`, `STORE_UNAVAILABLE`.
   */
  signIn(credentials: Credentials): Promise<SignedIn>;
  /** Ends the session of a principal; does nothing for one without a session. @throws {LeveretError} `STORE_UNAVAILABLE`. */
  signOut(principal: Principal): Promise<void>;
  /**
   * Gives the account of a principal another password. Its other sessions end. A wrong password counts as an attempt to sign in.
   * @throws {LeveretError} `FORBIDDEN` for a principal that has not signed in, `PASSWORD_WRONG`, `SIGN_IN_LIMITED`, `STORE_UNAVAILABLE`.
   */
  changePassword(principal: Principal, change: PasswordChange): Promise<void>;
  /** Accounts, keys or sessions were changed by this process: what is remembered of them counts no more. */
  forget(): void;
}

/** Name and password, and where they come from. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly address: string;
}

/** The password of an account, the one that takes its place, and where they come from. */
export interface PasswordChange extends Omit<Credentials, 'name'> {
  readonly newPassword: string;
}

/** Who signed in. */
export interface SignedIn {
  readonly principal: Principal;
  readonly ticket: SessionTicket;
}

/** How requests are allowed, and how people sign in. */
export interface AdminAccess extends GuardOptions {
  /** Absent where nobody signs in: on a server for one machine, or when the host application knows its people. */
  readonly login?: Login;
}

/** What accounts are for. */
export interface AccountAccessOptions extends Pick<GuardOptions, 'can'> {
  readonly accounts: AccountStore;
  readonly clock?: Clock;
}

/**
 * Access by the accounts and API keys of a ledger: `Authorization: Bearer <key>`, or the cookie of a session. A change by cookie is refused when a page of another
 * site brings it about (`ORIGIN_REFUSED`).
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function accountAccess(options: AccountAccessOptions): Promise<AdminAccess> {
  const { accounts, clock = systemClock, can } = options;
  const cookies = createSessionCookies(await accounts.sessionSecret());
  const sessions = createSessionLookup({ accounts, clock });
  const keys = createApiKeyLookup({ accounts, clock });
  return {
    ...(can === undefined ? {} : { can }),
    resolvePrincipal: (request) => resolvePrincipal(request, { cookies, sessions, keys }),
    login: createLogin({ accounts, clock, cookies, sessions, keys }),
  };
}

interface Lookups {
  readonly cookies: SessionCookies;
  readonly sessions: SessionLookup;
  readonly keys: ApiKeyLookup;
}

async function resolvePrincipal(
  request: FastifyRequest,
  { cookies, sessions, keys }: Lookups,
): Promise<Principal | undefined> {
  const { authorization, cookie } = request.headers;
  // Of another scheme it is for a proxy in front of this server.
  const key = bearerOf(authorization);
  if (key !== undefined) return await keys.find(key);
  const ticket = cookies.read(cookie);
  if (ticket === undefined) return undefined;
  refuseForeignPages(request);
  const mayTrust = RULES_WITHOUT_LEDGER.has(request.routeOptions.config.rule);
  return await sessions.find(ticket, hashOf(ticket.secret), mayTrust);
}

interface LoginContext extends Lookups {
  readonly accounts: AccountStore;
  readonly clock: Clock;
}

function createLogin({ accounts, clock, cookies, sessions, keys }: LoginContext): Login {
  const limits = createAttemptLimits(clock);

  /** Counts an attempt unless something comes of it. @throws {LeveretError} `SIGN_IN_LIMITED`. */
  async function counted<T>(
    { name, address }: Pick<Credentials, 'name' | 'address'>,
    attempt: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const takeBack = limits.begin(name, address);
    try {
      const done = await attempt();
      if (done !== undefined) takeBack();
      return done;
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  /** Begins a session when the password is right. */
  async function begin({ name, password, address }: Credentials): Promise<SignedIn | undefined> {
    const account = await accounts.findAccount(name);
    const isRight = await verifyPassword(password, account?.passwordHash ?? UNKNOWN_PASSWORD);
    if (account === undefined || !isRight) return undefined;
    const { role, passwordHash } = account;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const expiresAt = clock.now() + SESSION_MS;
    const session = { id: hashOf(secret), account: name, expiresAt, address };
    if (!(await accounts.addSession(session, passwordHash))) return undefined;
    return {
      principal: createPrincipal({ name, role, kind: 'account', expiresAt, sessionId: session.id }),
      ticket: { secret, account: name, expiresAt },
    };
  }

  /** Gives an account another password when the one that it has is right. */
  async function replacePassword(
    owner: { readonly name: string; readonly sessionId: string },
    { password, newPassword }: Omit<PasswordChange, 'address'>,
  ): Promise<true | undefined> {
    const { passwordHash: knownHash = UNKNOWN_PASSWORD } = (await accounts.findAccount(owner.name)) ?? {};
    if (!(await verifyPassword(password, knownHash))) return undefined;
    const change = { ...owner, knownHash, passwordHash: await hashPassword(newPassword) };
    return (await accounts.changeOwnPassword(change, { by: owner.name })) || undefined;
  }

  return {
    cookies,
    async signIn(credentials) {
      const signedIn = await counted(credentials, () => begin(credentials));
      if (signedIn === undefined) throw new LeveretError('SIGN_IN_REFUSED', 'name or password is wrong');
      return signedIn;
    },
    async signOut({ name, sessionId }) {
      if (sessionId === undefined) return;
      await accounts.endSession(sessionId, { by: name }).catch(unlessEnded);
      sessions.noteEnd(sessionId);
      sessions.forget();
    },
    async changePassword({ name, sessionId }, { address, ...passwords }) {
      if (sessionId === undefined)
        throw new LeveretError('FORBIDDEN', `${name} has not signed in, and has no password here`);
      const owner = { name, sessionId };
      const isChanged = await counted({ name, address }, () => replacePassword(owner, passwords));
      if (isChanged === undefined)
        throw new LeveretError('PASSWORD_WRONG', `this is not the password of ${name}`);
      sessions.forget();
    },
    forget() {
      sessions.forget();
      keys.forget();
    },
  };
}

/** @throws any other error than that the session has ended already. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof LeveretError) || error.code !== 'SESSION_NOT_FOUND') throw error;
}
