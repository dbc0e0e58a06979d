import { randomBytes } from 'node:crypto';
import { type AccountStore, type Clock, LeveretError, systemClock } from '@leveret/core';
import { bearerOf, refuseForeignPages } from '@leveret/http';
import type { FastifyRequest } from 'fastify';
import { type ApiKeyLookup, createApiKeyLookup } from './api-key-lookup.ts';
import { createAttemptLimits } from './attempt-limits.ts';
import { hashOf } from './credentials/api-key-secret.ts';
import { UNKNOWN_PASSWORD, verifyPassword } from './credentials/passwords.ts';
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
  /** Accounts, keys or sessions were changed by this process: what is remembered of them counts no more. */
  forget(): void;
}

/** Name and password, and where they come from. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly address: string;
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

  /** Begins a session when the password is right. */
  async function attempt({ name, password, address }: Credentials): Promise<SignedIn | undefined> {
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

  return {
    cookies,
    async signIn(credentials) {
      const takeBack = limits.begin(credentials.name, credentials.address);
      let signedIn: SignedIn | undefined;
      try {
        signedIn = await attempt(credentials);
      } catch (error) {
        takeBack();
        throw error;
      }
      if (signedIn === undefined) throw new LeveretError('SIGN_IN_REFUSED', 'name or password is wrong');
      takeBack();
      return signedIn;
    },
    async signOut({ name, sessionId }) {
      if (sessionId === undefined) return;
      await accounts.endSession(sessionId, { by: name }).catch(unlessEnded);
      sessions.noteEnd(sessionId);
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
