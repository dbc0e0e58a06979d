import { emptyResponse, refuseForeignPages } from '@leveret/http';
import { passwordChange, type SessionView, sessionView, signInRequest } from '@leveret/http-contract/admin';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { type Login, SESSION_MS } from '../../access/account-access.ts';
import { principalOf } from '../../access/guard.ts';
import type { Principal } from '../../access/principal.ts';
import { type CookiePlace, forgetCookie } from '../../access/session-cookie.ts';
import { BODY_PROBLEMS, problems } from '../wire/problems.ts';
import { known, toIso } from '../wire/values.ts';

/** What the routes of one's own session work with. */
export interface SessionRoutesOptions {
  /** Absent where nobody signs in: then there is only `GET`. */
  readonly login: Login | undefined;
  /** Path that the cookie is sent to. */
  readonly cookiePath: string;
}

/** `GET /session`: who am I. `POST`: sign in. `DELETE`: sign out. `POST /session/password`: change one's own password. */
export const sessionRoutes: FastifyPluginAsyncZod<SessionRoutesOptions> = async (
  app,
  { login, cookiePath },
) => {
  const tags = ['session'];

  app.get(
    '/session',
    {
      config: { rule: 'signed-in' },
      schema: {
        summary: 'Who sends this request, and what it may do',
        tags,
        response: { 200: sessionView, ...problems() },
      },
    },
    async (request) => toSessionView(principalOf(request)),
  );
  if (login === undefined) return;

  const placeFor = (request: FastifyRequest): CookiePlace => ({
    path: cookiePath,
    isSecure: cameOverTls(request),
  });

  app.post(
    '/session',
    {
      config: { rule: 'anyone' },
      schema: {
        summary: 'Sign in',
        description: 'Sets the cookie of a session, which is valid for 12 hours.',
        tags,
        body: signInRequest,
        response: {
          200: sessionView,
          ...problems('SIGN_IN_REFUSED', 'SIGN_IN_LIMITED', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      refuseForeignPages(request);
      const { principal, ticket } = await login.signIn({ ...request.body, address: request.ip });
      const cookie = login.cookies.write(ticket, { ...placeFor(request), maxAgeMs: SESSION_MS });
      reply.header('set-cookie', cookie);
      return toSessionView(principal);
    },
  );

  app.delete(
    '/session',
    {
      config: { rule: 'signed-in' },
      schema: {
        summary: 'Sign out',
        description: 'Ends the session, and has the browser forget its cookie.',
        tags,
        response: { 204: emptyResponse('The session has ended.'), ...problems('ORIGIN_REFUSED') },
      },
    },
    async (request, reply) => {
      // First: the browser is to forget it also when the ledger is away.
      reply.header('set-cookie', forgetCookie(placeFor(request)));
      await login.signOut(principalOf(request));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/session/password',
    {
      config: { rule: 'signed-in' },
      schema: {
        summary: 'Change the password of the account that is signed in',
        description: 'Its other sessions end. Wrong passwords are limited as those of sign-ins.',
        tags,
        body: passwordChange,
        response: {
          204: emptyResponse('The password is changed.'),
          ...problems('PASSWORD_WRONG', 'SIGN_IN_LIMITED', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      await login.changePassword(principalOf(request), { ...request.body, address: request.ip });
      return reply.code(204).send(null);
    },
  );
};

/** Behind a proxy that ends TLS, only the browser knows: it sends the origin of its page. */
function cameOverTls({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || headers.origin?.startsWith('https:') === true;
}

function toSessionView({ name, role, verbs, kind, expiresAt, isLedgerAway }: Principal): SessionView {
  return {
    ...{ name, role, verbs: [...verbs], kind },
    ...known({ expiresAt: expiresAt === undefined ? undefined : toIso(expiresAt), isLedgerAway }),
  };
}
