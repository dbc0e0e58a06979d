import { createHmac, timingSafeEqual } from 'node:crypto';

/** Name of the cookie of a session. */
const SESSION_COOKIE = 'leveret_session';

/** What the cookie of a session says. */
export interface SessionTicket {
  /** Known to the browser alone: the ledger has its hash. */
  readonly secret: string;
  readonly account: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** How a cookie is set. */
export interface CookiePlace {
  /** Path that the browser sends it to. */
  readonly path: string;
  /** Whether the browser sends it over TLS alone. */
  readonly isSecure: boolean;
}

/** Writes and reads the cookies of sessions. */
export interface SessionCookies {
  /** The value of a `Set-Cookie` header. */
  write(ticket: SessionTicket, place: CookiePlace & { readonly maxAgeMs: number }): string;
  /** The ticket in a `Cookie` header; undefined without one that was signed with the secret. Whether it has expired is not checked. */
  read(header: string | undefined): SessionTicket | undefined;
}

/** Creates them. @param secret What cookies are signed with, by HMAC with SHA-256. */
export function createSessionCookies(secret: string): SessionCookies {
  const sign = (text: string) => createHmac('sha256', secret).update(`session:${text}`).digest();

  function open(value: string): SessionTicket | undefined {
    const [text = '', signature = ''] = value.split('.');
    const [given, expected] = [Buffer.from(signature, 'base64url'), sign(text)];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as SessionTicket;
  }

  return {
    write({ secret: own, account, expiresAt }, { path, isSecure, maxAgeMs }) {
      const text = Buffer.from(JSON.stringify({ secret: own, account, expiresAt })).toString('base64url');
      const value = `${text}.${sign(text).toString('base64url')}`;
      return toCookie(value, { path, isSecure }, maxAgeMs / 1_000);
    },
    read(header = '') {
      // A page of a neighbouring host may have set others of the name.
      for (const pair of header.split(';')) {
        const [name, value] = pair.trim().split('=');
        const ticket = name === SESSION_COOKIE && value !== undefined ? open(value) : undefined;
        if (ticket !== undefined) return ticket;
      }
      return undefined;
    },
  };
}

/** The value of a `Set-Cookie` header that has the browser forget the cookie. */
export function forgetCookie(place: CookiePlace): string {
  return toCookie('', place, 0);
}

function toCookie(value: string, { path, isSecure }: CookiePlace, maxAge: number): string {
  const attributes = [
    `Max-Age=${maxAge}`,
    `Path=${path}`,
    'HttpOnly',
    ...(isSecure ? ['Secure'] : []),
    'SameSite=Strict',
  ];
  return [`${SESSION_COOKIE}=${value}`, ...attributes].join('; ');
}
