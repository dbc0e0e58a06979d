import type { AuditPageView } from '@leveret/http-contract/admin';
import { expect, test } from 'vitest';
import {
  addAccount,
  openBench,
  PASSWORD,
  type Send,
  serveAdmin,
  signIn,
  signInOf,
} from '../../../fixtures/account-bench.ts';
import { MAX_ATTEMPTS } from '../../access/attempt-limits.ts';
import { generateApiKey } from '../../access/credentials/api-key-secret.ts';

const SESSION = '/v1/admin/session';
const NEW_PASSWORD = 'a new and better one';

type Headers = Readonly<Record<string, string>>;

async function serve() {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  await addAccount(bench, 'vic', 'viewer');
  return { bench, send: await serveAdmin({ bench }) };
}

function changePassword(send: Send, headers: Headers, password: string, newPassword = NEW_PASSWORD) {
  return send({ method: 'POST', url: `${SESSION}/password`, headers, payload: { password, newPassword } });
}

async function statusOf(send: Send, headers: Headers) {
  return (await send({ url: SESSION, headers })).statusCode;
}

test('the owner of an account changes its password: this session goes on, and its other sessions end', async () => {
  const { send } = await serve();
  const [own, other, ada] = [await signIn(send, 'vic'), await signIn(send, 'vic'), await signIn(send, 'ada')];

  const changed = await changePassword(send, own, PASSWORD);

  expect([changed.statusCode, changed.body]).toEqual([204, '']);
  expect([await statusOf(send, own), await statusOf(send, other), await statusOf(send, ada)]).toEqual([
    ...[200, 401, 200],
  ]);
  expect((await send(signInOf('vic'))).statusCode).toBe(401);
  expect((await send(signInOf('vic', NEW_PASSWORD))).statusCode).toBe(200);
  const audit = (await send({ url: '/v1/admin/audit?limit=1', headers: ada })).json<AuditPageView>();
  expect(audit.entries).toMatchObject([{ by: 'vic', action: 'change-password', subject: 'vic' }]);
});

test('a wrong password changes nothing and counts as an attempt to sign in', async () => {
  const { bench, send } = await serve();
  const [own, other] = [await signIn(send, 'vic'), await signIn(send, 'vic')];
  const before = await bench.accounts.findAccount('vic');

  const answers = [];
  for (let count = 0; count < MAX_ATTEMPTS; count += 1)
    answers.push(await changePassword(send, own, `wrong ${count}`));
  const limited = await changePassword(send, own, PASSWORD);

  for (const answer of answers) expect(answer.json()).toMatchObject({ status: 403, code: 'PASSWORD_WRONG' });
  expect(limited.json()).toMatchObject({ status: 429, code: 'SIGN_IN_LIMITED' });
  expect((await send(signInOf('vic'))).statusCode).toBe(429);
  expect(await bench.accounts.findAccount('vic')).toEqual(before);
  expect([await statusOf(send, own), await statusOf(send, other)]).toEqual([200, 200]);
});

test('a password that is too short is refused, and so is that of an API key, and a page of another site', async () => {
  const { bench, send } = await serve();
  const own = await signIn(send, 'vic');
  const { id, secret, hash } = generateApiKey();
  await bench.accounts.addApiKey({ id, name: 'deploy', role: 'admin', hash }, { by: 'test' });

  const short = await changePassword(send, own, PASSWORD, 'too short');
  const key = await changePassword(send, { authorization: `Bearer ${secret}` }, PASSWORD);
  const foreign = await changePassword(send, { ...own, origin: 'https://evil.example' }, PASSWORD);

  expect(short.json()).toMatchObject({ status: 422, code: 'PAYLOAD_INVALID' });
  expect(short.body).not.toContain('too short');
  expect(key.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect(foreign.json()).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
  expect((await send(signInOf('vic'))).statusCode).toBe(200);
});

test('while the ledger is away, no password is changed', async () => {
  const { bench, send } = await serve();
  const own = await signIn(send, 'vic');

  await bench.closeLedger();

  expect((await changePassword(send, own, PASSWORD)).json()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
