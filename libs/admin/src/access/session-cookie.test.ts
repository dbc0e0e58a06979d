import { expect, test } from 'vitest';
import { createSessionCookies, forgetCookie } from './session-cookie.ts';

const ticket = { secret: 's'.repeat(43), account: 'ada', expiresAt: 1_700_000_000_000 };
const place = { path: '/jobs/', isSecure: true, maxAgeMs: 43_200_000 };

function pairOf(cookie: string): string {
  return cookie.split(';', 1)[0] ?? '';
}

test('what was written is read, among other cookies', () => {
  const cookies = createSessionCookies('secret');

  const cookie = cookies.write(ticket, place);

  expect(cookies.read(`theme=dark; ${pairOf(cookie)}; x=y`)).toEqual(ticket);
  expect(cookies.read(undefined)).toBeUndefined();
  expect(cookies.read('theme=dark')).toBeUndefined();
});

test('D-05 the cookie is HttpOnly and SameSite=Strict for its path, and Secure over TLS', () => {
  const cookies = createSessionCookies('secret');
  const rest = (cookie: string) => cookie.split('; ').slice(1);

  expect(rest(cookies.write(ticket, place))).toEqual([
    'Max-Age=43200',
    'Path=/jobs/',
    'HttpOnly',
    'Secure',
    'SameSite=Strict',
  ]);
  expect(cookies.write(ticket, { ...place, isSecure: false })).not.toContain('Secure');
  expect(forgetCookie(place)).toBe(
    'leveret_session=; Max-Age=0; Path=/jobs/; HttpOnly; Secure; SameSite=Strict',
  );
});

test('A-10 a cookie with another text, another signature, none, or of another ledger is not read', () => {
  const cookies = createSessionCookies('secret');
  const value = pairOf(cookies.write(ticket, place));
  const [text = '', signature = ''] = value.split('=')[1]?.split('.') ?? [];
  const forged = Buffer.from(JSON.stringify({ ...ticket, account: 'admin' })).toString('base64url');
  const lastChanged = signature.slice(0, -2) + (signature.endsWith('AA') ? 'BB' : 'AA');

  for (const bad of [`${forged}.${signature}`, `${text}.${lastChanged}`, `${text}.`, text, '', '.', '..'])
    expect(cookies.read(`leveret_session=${bad}`)).toBeUndefined();
  expect(createSessionCookies('other').read(value)).toBeUndefined();
});
