import { type AccountStore, silentLogger } from '@leveret/core';
import { problemReplies } from '@leveret/http';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import {
  type AdminBench,
  addAccount,
  cookieOf,
  openBench,
  PASSWORD,
  type Send,
  serveAdmin,
  signIn,
  signInOf,
} from '../../fixtures/account-bench.ts';
import { accountAccess, SESSION_MS } from './account-access.ts';
import { MAX_ACCOUNT_ATTEMPTS, MAX_ATTEMPTS } from './attempt-limits.ts';
import { generateApiKey } from './credentials/api-key-secret.ts';
import { guard, principalOf } from './guard.ts';
import { REMEMBER_MS } from './remembered.ts';

const SESSION = '/v1/admin/session';
const ACCOUNTS = '/v1/admin/accounts';

/** An admin API with the admin `ada` and the viewer `vic`. */
async function serve(): Promise<{ readonly bench: AdminBench; readonly send: Send }> {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  await addAccount(bench, 'vic', 'viewer');
  return { bench, send: await serveAdmin({ bench }) };
}

async function addKey(accounts: AccountStore, name = 'deploy') {
  const { id, secret, hash } = generateApiKey();
  await accounts.addApiKey({ id, name, role: 'admin', hash }, { by: 'test' });
  return { id, secret };
}

test('who signs in has a session for twelve hours', async () => {
  const { bench, send } = await serve();

  const signedIn = await send(signInOf('vic'));
  const cookie = cookieOf(signedIn.headers);
  await bench.clock.advance(SESSION_MS - 1);
  const late = await send({ url: SESSION, headers: { cookie } });
  await bench.clock.advance(1);

  const session = {
    name: 'vic',
    role: 'viewer',
    verbs: ['jobs:read', 'audit:read'],
    kind: 'account',
    expiresAt: new Date(bench.clock.now()).toISOString(),
  };
  expect(signedIn.json()).toEqual(session);
  expect(signedIn.headers['cache-control']).toBe('no-store');
  expect(late.json()).toEqual(session);
  expect(await send({ url: SESSION, headers: { cookie } })).toMatchObject({ statusCode: 401 });
});

test('D-05 a session id that was set before does not become that of a session, and two logins are two sessions', async () => {
  const { bench, send } = await serve();
  const planted = 'leveret_session=planted';

  const one = await send({ ...signInOf('ada'), headers: { cookie: planted } });
  const other = await send(signInOf('ada'));

  const cookies = [cookieOf(one.headers), cookieOf(other.headers)];
  expect(new Set([planted, ...cookies]).size).toBe(3);
  expect((await send({ url: SESSION, headers: { cookie: planted } })).statusCode).toBe(401);
  expect(await bench.accounts.sessions()).toHaveLength(2);
});

test('D-05 a session is dead after logout, also while the ledger is away, and the other one lives', async () => {
  const { bench, send } = await serve();
  const [own, other] = [await signIn(send, 'ada'), await signIn(send, 'ada')];

  const signedOut = await send({ method: 'DELETE', url: SESSION, headers: own });

  expect(signedOut.statusCode).toBe(204);
  expect(signedOut.headers['set-cookie']).toMatch(/^leveret_session=; Max-Age=0; Path=\/;/);
  expect((await send({ url: SESSION, headers: own })).statusCode).toBe(401);
  expect((await send({ url: SESSION, headers: other })).statusCode).toBe(200);
  await bench.closeLedger();
  expect((await send({ url: SESSION, headers: own })).statusCode).toBe(401);
});

test('D-05 the cookie is for the path of the mounted page, and Secure when the page came over TLS', async () => {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  const send = await serveAdmin({ bench, prefix: '/ops' });
  const url = `/ops${SESSION}`;

  const plain = await send({ ...signInOf('ada'), url });
  const secure = await send({ ...signInOf('ada'), url, headers: { origin: 'https://leveret.example' } });

  const attributes = 'Max-Age=43200; Path=/ops/; HttpOnly';
  expect(plain.headers['set-cookie']).toMatch(new RegExp(`; ${attributes}; SameSite=Strict$`));
  expect(secure.headers['set-cookie']).toMatch(new RegExp(`; ${attributes}; Secure; SameSite=Strict$`));
});

test('D-05 unknown and known names get the same answer, and a thousand wrong passwords from many addresses are cut off', async () => {
  const { send } = await serve();
  const tryOnce = (name: string, count: number) =>
    send({ ...signInOf(name, `wrong ${count}`), remoteAddress: `198.51.${count >> 8}.${count & 255}` });
  const withoutId = ({ requestId, ...problem }: Record<string, unknown>) => problem;

  const [known, unknown] = [await tryOnce('ada', 0), await tryOnce('nobody-here', 1)];
  const answers = [];
  for (let count = 2; count < 1_002; count += 1) answers.push(await tryOnce('ada', count));
  const right = await send(signInOf('ada'));

  expect(known.json()).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' });
  expect(withoutId(unknown.json())).toEqual(withoutId(known.json()));
  const statuses = answers.map(({ statusCode }) => statusCode);
  expect(statuses.filter((status) => status === 401)).toHaveLength(MAX_ACCOUNT_ATTEMPTS - 1);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1_001 - MAX_ACCOUNT_ATTEMPTS);
  expect(right).toMatchObject({ statusCode: 429, headers: { 'retry-after': '900' } });
  expect(right.json()).toMatchObject({ code: 'SIGN_IN_LIMITED' });
});

test('D-05 a thousand wrong passwords from one address are cut off, and the right one from elsewhere signs in', async () => {
  const { send } = await serve();
  const wrongs = [];
  for (let count = 0; count < 1_000; count += 1)
    wrongs.push(await send({ ...signInOf('ada', `wrong ${count}`), remoteAddress: '203.0.113.1' }));

  const there = await send({ ...signInOf('ada'), remoteAddress: '203.0.113.1' });
  const elsewhere = await send({ ...signInOf('ada'), remoteAddress: '192.0.2.1' });

  expect(wrongs.filter(({ statusCode }) => statusCode === 401)).toHaveLength(MAX_ATTEMPTS);
  expect(wrongs.filter(({ statusCode }) => statusCode === 429)).toHaveLength(1_000 - MAX_ATTEMPTS);
  expect([there.statusCode, elsewhere.statusCode]).toEqual([429, 200]);
});

test('D-05 wrong passwords that are sent at the same time are limited, too', async () => {
  const { send } = await serve();

  const answers = await Promise.all(Array.from({ length: 40 }, () => send(signInOf('ada', 'wrong'))));

  expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(MAX_ATTEMPTS);
});

test('A-10 without a key, with a wrong one, in the query string, or with another scheme nothing is answered', async () => {
  const { bench, send } = await serve();
  const { secret } = await addKey(bench.accounts);
  const changed = secret.slice(0, -2) + (secret.endsWith('AA') ? 'BB' : 'AA');
  const withKey = (authorization: string) => send({ url: SESSION, headers: { authorization } });

  const right = await withKey(`Bearer ${secret}`);
  const wrong = [
    await send({ url: SESSION }),
    await send({ url: `${SESSION}?key=${secret}&authorization=Bearer%20${secret}` }),
    await withKey(`Bearer ${changed}`),
    await withKey(`Bearer ${generateApiKey().secret}`),
    await withKey(`Basic ${secret}`),
    await withKey('Bearer eyJhbGciOiJub25lIn0.e30.'),
    await withKey('Bearer lev_'),
    await withKey(''),
  ];

  expect(right.json()).toMatchObject({ name: 'key:deploy', kind: 'key', role: 'admin' });
  for (const answer of wrong) {
    expect(answer.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="leveret"');
  }
  expect(new Set(wrong.map((answer) => answer.json().detail)).size).toBe(1);
});

test('A-10 the ledger stores no password, key or session', async () => {
  const { bench, send } = await serve();
  const { id, secret } = await addKey(bench.accounts);
  const { cookie = '' } = await signIn(send, 'ada');

  const stored = JSON.stringify([
    await bench.accounts.findAccount('ada'),
    await bench.accounts.findApiKey(id),
    await bench.accounts.sessions(),
  ]);

  const ticket = JSON.parse(Buffer.from(cookie.split('=')[1]?.split('.')[0] ?? '', 'base64url').toString());
  for (const text of [PASSWORD, secret, secret.slice(-43), ticket.secret]) expect(stored).not.toContain(text);
});

test('A-10 a key that another process has revoked is refused after ten seconds, one that this process has revoked immediately', async () => {
  const { bench, send } = await serve();
  const another = await bench.openAnother();
  const [elsewhere, here] = [await addKey(bench.accounts, 'one'), await addKey(bench.accounts, 'two')];
  const admin = await signIn(send, 'ada');
  const statusOf = async ({ secret }: { readonly secret: string }) =>
    (await send({ url: SESSION, headers: { authorization: `Bearer ${secret}` } })).statusCode;
  expect([await statusOf(elsewhere), await statusOf(here)]).toEqual([200, 200]);

  await send({ method: 'DELETE', url: `/v1/admin/keys/${here.id}`, headers: admin });
  const afterRevoking = await statusOf(here);
  await statusOf(elsewhere);
  await another.revokeApiKey(elsewhere.id, { by: 'test' });
  await bench.clock.advance(REMEMBER_MS);

  expect(afterRevoking).toBe(401);
  expect(await statusOf(elsewhere)).toBe(401);
});

test('a session that another process has ended is refused after ten seconds, as is that of an account with a new password', async () => {
  const { bench, send } = await serve();
  const another = await bench.openAnother();
  const [ada, vic] = [await signIn(send, 'ada'), await signIn(send, 'vic')];
  const session = (await another.sessions()).find(({ account }) => account === 'ada');

  await another.endSession(session?.id ?? '', { by: 'test' });
  await another.changeAccount('vic', { passwordHash: 'new' }, { by: 'test' });
  await bench.clock.advance(REMEMBER_MS);

  expect((await send({ url: SESSION, headers: ada })).statusCode).toBe(401);
  expect((await send({ url: SESSION, headers: vic })).statusCode).toBe(401);
});

test('a role counts as soon as it is changed', async () => {
  const { send } = await serve();
  const [ada, vic] = [await signIn(send, 'ada'), await signIn(send, 'vic')];
  const readAccounts = async () => (await send({ url: ACCOUNTS, headers: vic })).statusCode;
  const before = await readAccounts();

  await send({ method: 'PATCH', url: `${ACCOUNTS}/vic`, headers: ada, payload: { role: 'admin' } });

  expect([before, await readAccounts()]).toEqual([403, 200]);
});

test('while the ledger is away, a signed session may use what reads jobs, and everything else answers 503', async () => {
  const { bench, send } = await serve();
  const ada = await signIn(send, 'ada');
  const { secret } = await addKey(bench.accounts);
  const app = fastify();
  onTestFinished(() => app.close());
  await app.register(problemReplies, { logger: silentLogger });
  await app.register(guard, await accountAccess(bench));
  app.get('/overview', { config: { rule: 'jobs:read' } }, async (request) => principalOf(request).name);
  app.get('/payload', { config: { rule: 'payloads:read' } }, async () => 'secret');

  await bench.closeLedger();

  const withKey = { authorization: `Bearer ${secret}` };
  const forged = { cookie: `${ada['cookie']?.slice(0, -2)}xx` };
  expect((await app.inject({ url: '/overview', headers: ada })).body).toBe('ada');
  expect((await app.inject({ url: '/overview', headers: forged })).statusCode).toBe(401);
  expect((await app.inject({ url: '/payload', headers: ada })).statusCode).toBe(503);
  expect((await app.inject({ url: '/overview', headers: withKey })).statusCode).toBe(503);
  await bench.clock.advance(SESSION_MS);
  expect((await app.inject({ url: '/overview', headers: ada })).statusCode).toBe(401);
});

test('while the ledger is away, who is signed in stays a viewer, and cannot sign in or out', async () => {
  const { bench, send } = await serve();
  const ada = await signIn(send, 'ada');

  await bench.closeLedger();
  await bench.clock.advance(REMEMBER_MS);

  expect((await send({ url: SESSION, headers: ada })).json()).toMatchObject({
    name: 'ada',
    role: 'viewer',
    verbs: ['jobs:read'],
    isLedgerAway: true,
  });
  const signOut = await send({ method: 'DELETE', url: SESSION, headers: ada });
  expect(signOut).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  expect(signOut.headers['set-cookie']).toMatch(/^leveret_session=; Max-Age=0/);
  for (const request of [signInOf('ada'), { url: ACCOUNTS, headers: ada }])
    expect((await send(request)).json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
});

test('D-02 a page of another site changes nothing', async () => {
  const { bench, send } = await serve();
  const { cookie = '' } = await signIn(send, 'ada');
  const changes = [
    { method: 'DELETE', url: `${ACCOUNTS}/vic` },
    { method: 'POST', url: '/v1/admin/keys', payload: { name: 'x', role: 'admin' } },
    { method: 'DELETE', url: SESSION },
    signInOf('ada'),
  ] as const;

  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'none' },
    { origin: 'null' },
    { origin: 'http://leveret.example:8080' },
  ])
    for (const change of changes) {
      const answer = await send({ ...change, headers: { ...headers, cookie } });
      expect(answer.json(), JSON.stringify([change, headers])).toMatchObject({
        status: 403,
        code: 'ORIGIN_REFUSED',
      });
    }

  expect(await bench.accounts.accounts()).toHaveLength(2);
  expect(await bench.accounts.apiKeys()).toEqual([]);
  expect(await bench.accounts.sessions()).toHaveLength(1);
});

test('D-02 a form of another site cannot send what is taken, and GET changes nothing', async () => {
  const { bench, send } = await serve();
  const ada = await signIn(send, 'ada');

  const form = await send({
    method: 'POST',
    url: ACCOUNTS,
    headers: { ...ada, 'content-type': 'text/plain' },
    payload: '{"name":"eve","role":"admin"}',
  });
  const read = await send({ url: `${ACCOUNTS}/vic?_method=DELETE`, headers: ada });

  expect([form.statusCode, read.statusCode]).toEqual([415, 405]);
  expect(await bench.accounts.accounts()).toHaveLength(2);
});

test('a program with a cookie and without an origin may change something', async () => {
  const { send } = await serve();
  const { cookie = '' } = await signIn(send, 'ada');

  const answer = await send({ method: 'DELETE', url: `${ACCOUNTS}/vic`, headers: { cookie } });

  expect(answer.statusCode).toBe(204);
});

test('a wrong key is not helped by a session beside it', async () => {
  const { send } = await serve();
  const ada = await signIn(send, 'ada');

  const answer = await send({ url: SESSION, headers: { ...ada, authorization: 'Bearer wrong' } });

  expect(answer.statusCode).toBe(401);
});

test('access needs a ledger that answers', async () => {
  const bench = await openBench();
  await bench.closeLedger();

  await expect(accountAccess(bench)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
