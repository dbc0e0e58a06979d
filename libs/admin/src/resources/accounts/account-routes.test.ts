import type { ApiKeyView, AuditPageView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import {
  addAccount,
  openBench,
  PASSWORD,
  serveAdmin,
  signIn,
  signInOf,
} from '../../../fixtures/account-bench.ts';

const ACCOUNTS = '/v1/admin/accounts';
const KEYS = '/v1/admin/keys';
const SESSIONS = '/v1/admin/sessions';

async function serve() {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  const send = await serveAdmin({ bench });
  const headers = await signIn(send, 'ada');
  const audit = async () =>
    (await send({ url: '/v1/admin/audit?limit=1', headers })).json<AuditPageView>().entries;
  return { bench, send, headers, audit };
}

test('an account is added with a given or a generated password, which is shown once', async () => {
  const { bench, send, headers, audit } = await serve();
  const add = (payload: object) => send({ method: 'POST', url: ACCOUNTS, headers, payload });

  const generated = await add({ name: 'bob', role: 'operator' });
  const given = await add({ name: 'eve', role: 'viewer', password: PASSWORD });
  const list = await send({ url: ACCOUNTS, headers });

  const createdAt = new Date(bench.clock.now()).toISOString();
  const bob = { name: 'bob', role: 'operator', createdAt, sessions: 0 };
  expect(generated.statusCode).toBe(201);
  expect(generated.json()).toEqual({ account: bob, password: expect.stringMatching(/^\w{20}$/) });
  expect(generated.headers['cache-control']).toBe('no-store');
  expect(given.json()).toEqual({ account: { ...bob, name: 'eve', role: 'viewer' } });
  expect(list.json()).toEqual({
    accounts: [
      { name: 'ada', role: 'admin', createdAt, lastSignInAt: createdAt, sessions: 1 },
      bob,
      { ...bob, name: 'eve', role: 'viewer' },
    ],
  });
  expect((await send(signInOf('bob', generated.json().password))).json()).toMatchObject({ name: 'bob' });
  expect((await send(signInOf('eve'))).json()).toMatchObject({ name: 'eve' });
  expect(await audit()).toMatchObject([{ by: 'ada', action: 'add-account', subject: 'eve' }]);
});

test('accounts that cannot be are refused', async () => {
  const { bench, send, headers } = await serve();

  for (const payload of [
    { name: 'Bob', role: 'viewer' },
    { name: 'key:bob', role: 'viewer' },
    { name: 'bob', role: 'root' },
    { name: 'bob', role: 'viewer', password: 'too short' },
    { name: 'bob', role: 'viewer', passwordHash: 'x' },
    { name: 'bob' },
  ]) {
    const answer = await send({ method: 'POST', url: ACCOUNTS, headers, payload });
    expect(answer.json(), JSON.stringify(payload)).toMatchObject({ status: 422, code: 'PAYLOAD_INVALID' });
  }

  expect(await bench.accounts.accounts()).toHaveLength(1);
});

test('a second account of a name is refused', async () => {
  const { send, headers } = await serve();

  const answer = await send({
    method: 'POST',
    url: ACCOUNTS,
    headers,
    payload: { name: 'ada', role: 'viewer' },
  });

  expect(answer.json()).toMatchObject({ status: 409, code: 'ACCOUNT_EXISTS' });
});

test('a new password ends the sessions of an account; a new role does not', async () => {
  const { bench, send, headers } = await serve();
  await addAccount(bench, 'bob', 'viewer');
  const bob = await signIn(send, 'bob');
  const change = (payload: object) => send({ method: 'PATCH', url: `${ACCOUNTS}/bob`, headers, payload });
  const statusOfBob = async () => (await send({ url: '/v1/admin/session', headers: bob })).statusCode;

  const promoted = await change({ role: 'operator' });
  const before = await statusOfBob();
  const renewed = await change({ generatePassword: true });

  expect(promoted.json()).toMatchObject({ account: { name: 'bob', role: 'operator', sessions: 1 } });
  expect(promoted.json()).not.toHaveProperty('password');
  expect(renewed.json()).toMatchObject({ account: { sessions: 0 }, password: expect.any(String) });
  expect([before, await statusOfBob()]).toEqual([200, 401]);
  expect((await send(signInOf('bob'))).statusCode).toBe(401);
  expect((await send(signInOf('bob', renewed.json().password))).statusCode).toBe(200);
});

test('a change that says nothing or too much is refused', async () => {
  const { send, headers } = await serve();

  for (const payload of [{}, { generatePassword: false }, { password: PASSWORD, generatePassword: true }]) {
    const answer = await send({ method: 'PATCH', url: `${ACCOUNTS}/ada`, headers, payload });
    expect(answer.json(), JSON.stringify(payload)).toMatchObject({ status: 422, code: 'PAYLOAD_INVALID' });
  }
});

test('the last admin is neither removed nor given another role, and who is not there is not found', async () => {
  const { send, headers } = await serve();
  const remove = (name: string) => send({ method: 'DELETE', url: `${ACCOUNTS}/${name}`, headers });

  const answers = [
    await remove('ada'),
    await send({ method: 'PATCH', url: `${ACCOUNTS}/ada`, headers, payload: { role: 'viewer' } }),
    await remove('bob'),
  ];

  expect(answers.map((answer) => answer.json().code)).toEqual([
    'LAST_ADMIN',
    'LAST_ADMIN',
    'ACCOUNT_NOT_FOUND',
  ]);
});

test('an account that is removed is signed out', async () => {
  const { bench, send, headers, audit } = await serve();
  await addAccount(bench, 'bob', 'operator');
  const bob = await signIn(send, 'bob');

  const removed = await send({ method: 'DELETE', url: `${ACCOUNTS}/bob`, headers });

  expect([removed.statusCode, removed.body]).toEqual([204, '']);
  expect((await send({ url: '/v1/admin/session', headers: bob })).statusCode).toBe(401);
  expect(await audit()).toMatchObject([{ by: 'ada', action: 'remove-account', subject: 'bob' }]);
});

test('a key is created, used, replaced and revoked', async () => {
  const { bench, send, headers, audit } = await serve();
  const create = async () =>
    await send({ method: 'POST', url: KEYS, headers, payload: { name: 'deploy', role: 'operator' } });

  const [first, second, third] = [await create(), await create(), await create()];
  const { key, secret } = first.json();
  const used = await send({ url: '/v1/admin/session', headers: { authorization: `Bearer ${secret}` } });
  const refused = await send({ url: KEYS, headers: { authorization: `Bearer ${secret}` } });
  const isNoted = async () =>
    (await send({ url: KEYS, headers })).json().keys.some(({ lastUsedAt }: ApiKeyView) => lastUsedAt);
  await expect.poll(isNoted).toBe(true);
  const list = await send({ url: KEYS, headers });
  const revoked = await send({ method: 'DELETE', url: `${KEYS}/${key.id}`, headers });

  const createdAt = new Date(bench.clock.now()).toISOString();
  const shown = { id: key.id, name: 'deploy', role: 'operator', createdAt, createdBy: 'ada' };
  expect(first.json()).toEqual({ key: shown, secret: expect.stringMatching(`^lev_${key.id}_[\\w-]{43}$`) });
  expect(used.json()).toMatchObject({ name: 'key:deploy', role: 'operator', kind: 'key' });
  expect(refused.statusCode).toBe(403);
  expect(list.json().keys).toHaveLength(2);
  expect(list.json().keys).toContainEqual({ ...shown, lastUsedAt: createdAt });
  expect(list.body).not.toContain('lev_');
  expect([second.statusCode, third.json().code]).toEqual([201, 'API_KEY_LIMIT']);
  expect(revoked.statusCode).toBe(204);
  expect(await audit()).toMatchObject([{ action: 'revoke-key', subject: 'deploy', detail: key.id }]);
  expect((await send({ method: 'DELETE', url: `${KEYS}/${key.id}`, headers })).json()).toMatchObject({
    code: 'API_KEY_NOT_FOUND',
  });
});

test('sessions are listed with where they come from, and can be ended', async () => {
  const { bench, send, headers, audit } = await serve();
  await bench.clock.advance(1_000);
  await addAccount(bench, 'bob', 'viewer');
  const signedIn = await send({ ...signInOf('bob'), remoteAddress: '192.0.2.7' });
  const cookie = String(signedIn.headers['set-cookie']).split(';', 1)[0] ?? '';

  const { sessions } = (await send({ url: SESSIONS, headers })).json();
  const [{ id }] = sessions;
  const ended = await send({ method: 'DELETE', url: `${SESSIONS}/${id}`, headers });
  const again = await send({ method: 'DELETE', url: `${SESSIONS}/${id}`, headers });

  expect(sessions).toMatchObject([
    { account: 'bob', address: '192.0.2.7', isThis: false },
    { account: 'ada', address: '127.0.0.1', isThis: true },
  ]);
  expect(ended.statusCode).toBe(204);
  expect(again.json()).toMatchObject({ status: 404, code: 'SESSION_NOT_FOUND' });
  expect((await send({ url: '/v1/admin/session', headers: { cookie } })).statusCode).toBe(401);
  expect(await audit()).toMatchObject([{ by: 'ada', action: 'end-session', subject: 'bob' }]);
});
