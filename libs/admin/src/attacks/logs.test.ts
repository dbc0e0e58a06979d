import { encodePayload } from '@leveret/core';
import { createLogger } from '@leveret/observability';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import type { InjectOptions } from 'fastify';
import { expect, test } from 'vitest';
import {
  addAccount,
  openBench,
  PASSWORD,
  serveAdmin,
  signIn,
  signInOf,
} from '../../fixtures/account-bench.ts';
import { generateApiKey } from '../access/credentials/api-key-secret.ts';

const API = '/v1/admin';
const WRONG_PASSWORD = 'canary of a wrong password';
const NEW_PASSWORD = 'canary of a new password';
const PAYLOAD_SECRET = 'canary of a payload';
/** Longest line of the log, in characters. */
const MAX_LINE = 8_000;

/** An admin API that logs everything, with the admin `ada`. */
async function serve() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const bench = await openBench(createLogger({ level: 'debug', name: 'api', destination }));
  await addAccount(bench, 'ada', 'admin');
  return { bench, lines, send: await serveAdmin({ bench }) };
}

/** How a secret may be written. */
function writingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    // The last characters depend on what follows.
    bytes.toString('base64').replace(/=+$/, '').slice(0, -2),
    bytes.toString('base64url').slice(0, -2),
    bytes.toString('hex'),
  ];
}

test('O-01 no password, key, session or payload is in the log, the audit, or an answer, also while the ledger is away', async () => {
  const { bench, lines, send } = await serve();
  const { cookie = '', ...page } = await signIn(send, 'ada');
  const key = generateApiKey();
  await bench.accounts.addApiKey(
    { id: key.id, name: 'deploy', role: 'admin', hash: key.hash },
    { by: 'test' },
  );
  const sessionSecret = await bench.accounts.sessionSecret();
  const message = { ...sampleMessage('mail'), body: encodePayload({ card: PAYLOAD_SECRET }) };
  await bench.options.store.accept([{ ...sampleEntry(message), redact: ['card'] }]);
  const json = { 'content-type': 'application/json', cookie, ...page };
  const post = (url: string, payload: string): InjectOptions => ({
    ...{ method: 'POST', url: `${API}${url}`, headers: json, payload },
  });
  const requests: readonly InjectOptions[] = [
    signInOf('ada', WRONG_PASSWORD),
    signInOf('nobody-here', WRONG_PASSWORD),
    post('/session', `{"name":"ada","password":"${WRONG_PASSWORD}`),
    post('/session', `{"name":"ada","password":"${WRONG_PASSWORD}","${WRONG_PASSWORD}x":1}`.slice(0, 80)),
    post('/session', JSON.stringify({ name: 7, password: { text: WRONG_PASSWORD } })),
    post('/session/password', JSON.stringify({ password: WRONG_PASSWORD, newPassword: NEW_PASSWORD })),
    post('/session/password', JSON.stringify({ password: PASSWORD, newPassword: NEW_PASSWORD.repeat(20) })),
    post('/accounts', JSON.stringify({ name: 'eve', role: 'admin', password: NEW_PASSWORD })),
    post('/accounts', JSON.stringify({ name: 'Eve', role: 'none', password: NEW_PASSWORD })),
    { url: `${API}/session`, headers: { authorization: `Bearer ${key.secret}` } },
    { url: `${API}/session`, headers: { authorization: `Bearer ${key.secret.slice(0, -1)}` } },
    { url: `${API}/session?key=${key.secret}`, headers: { authorization: `Basic ${key.secret}` } },
    { url: `${API}/jobs?key=${key.secret}`, headers: { cookie } },
    { url: `${API}/keys`, headers: { cookie } },
    { url: `${API}/sessions`, headers: { cookie } },
    { url: `${API}/audit`, headers: { cookie } },
    { url: `${API}/jobs/${message.id}`, headers: { cookie } },
    { url: `${API}/jobs/${message.id}/payload`, headers: { cookie } },
    { url: '/health/faults' },
  ];

  const answers: string[] = [];
  const sendAll = async () => {
    for (const request of requests) {
      const { body, headers } = await send(request);
      const { 'set-cookie': _cookie, ...others } = headers;
      answers.push(body, JSON.stringify(others));
    }
  };
  await sendAll();
  await bench.closeLedger();
  await bench.clock.advance(60_000);
  await sendAll();

  const ticket = JSON.parse(Buffer.from(cookie.split(/[=.]/)[1] ?? '', 'base64url').toString());
  const secrets = [PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, PAYLOAD_SECRET, sessionSecret, ticket.secret];
  const keys = [key.secret, key.secret.slice(-43), cookie.split('=')[1] ?? ''];
  expect(lines.length).toBeGreaterThan(requests.length);
  for (const secret of [...secrets, ...keys])
    for (const writing of writingsOf(secret))
      for (const text of [...lines, ...answers]) expect(text).not.toContain(writing);
});

test('O-03 whatever a request says, each line of the log is one line of bounded length without control characters', async () => {
  const { lines, send } = await serve();
  const { cookie = '' } = await signIn(send, 'ada');
  const nasty = 'a\r\n{"level":"error","msg":"forged"}\u001b[2J\u009b31m\u2028b';
  const headers = { cookie, 'user-agent': 'x\u009b', 'x-request-id': 'forged' };

  for (const url of [
    `${API}/queues/${encodeURIComponent(nasty)}`,
    `${API}/jobs?filter=${encodeURIComponent(nasty)}`,
    `${API}/jobs?${encodeURIComponent(nasty)}=1`,
    `${API}/jobs?filter=${'x'.repeat(8_000)}`,
    `${API}/${encodeURIComponent(nasty)}`,
    `/${encodeURIComponent(nasty)}`,
  ])
    await send({ url, headers });
  for (const text of [nasty, 'x'.repeat(1_000_000)])
    for (const url of ['/session', '/accounts', '/operations', '/queues/mail/pause'])
      await send({
        ...{ method: 'POST', url: `${API}${url}`, headers },
        payload: { name: text, password: text, reason: text, filter: text, action: text, [text]: text },
      });

  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    expect(line.length).toBeLessThan(MAX_LINE);
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(() => JSON.parse(line)).not.toThrow();
  }
  expect(lines.some((line) => line.includes('"requestId":"forged"'))).toBe(false);
});

test('O-03 there are no metrics, no lists of folders and no source maps to read from outside', async () => {
  const { send } = await serve();

  for (const url of [
    ...['/metrics', `${API}/metrics`, `${API}/`, '/admin/assets/', '/admin/assets', '/admin/../package.json'],
    ...['/admin/assets/index.js.map', '/admin/assets/..%2f..%2fpackage.json', '/.env', '/health/', '/debug'],
  ]) {
    const { statusCode, body } = await send({ url });
    // Where the page is built, it answers for addresses below it.
    const isPage = statusCode === 200 && body.includes('<div id="page">');
    expect([url, isPage ? 404 : statusCode]).toEqual([url, expect.toBeOneOf([401, 404, 503])]);
    expect(body).not.toMatch(/node_modules|"dependencies"|sourcesContent/);
  }
});

test('O-03 what fails unexpectedly says nothing of why to the client, and the log says all under the same id', async () => {
  const { bench, lines, send } = await serve();
  const ada = await signIn(send, 'ada');
  await bench.options.reader.close();

  const answer = await send({ url: `${API}/jobs`, headers: ada });

  const { requestId } = answer.json<{ requestId: string }>();
  expect(answer.statusCode).toBe(503);
  expect(answer.body).not.toMatch(/sqlite|\.ts|\.db|node:|at /i);
  expect(lines.some((line) => line.includes(requestId))).toBe(true);
});
