import { silentLogger } from '@leveret/core';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { problemReplies } from '../problems/problem-replies.ts';
import { type Access, guardByKey, guardLoopback } from './access.ts';

async function startApp(access: Access) {
  const app = fastify();
  onTestFinished(() => app.close());
  await app.register(problemReplies, { logger: silentLogger });
  guardLoopback(app, access);
  guardByKey(app, access);
  app.all('/', async () => 'inside');
  return app;
}

test.each([
  ['localhost'],
  ['localhost:3000'],
  ['127.0.0.1:8080'],
  ['[::1]:3000'],
  ['LOCALHOST'],
  ['127.0.0.2:3000'],
])('on loopback the host %s is answered', async (host) => {
  const app = await startApp({ kind: 'loopback', hosts: ['127.0.0.2'] });

  expect((await app.inject({ url: '/', headers: { host } })).body).toBe('inside');
});

test.each([
  ['evil.example'],
  ['evil.example:3000'],
  ['localhost.evil.example'],
  ['127.0.0.1.evil.example'],
  ['localhost@evil.example'],
  ['[::2]'],
])('on loopback the host "%s" is refused', async (host) => {
  const app = await startApp({ kind: 'loopback', hosts: ['127.0.0.1'] });
  const response = await app.inject({ url: '/', headers: { host } });

  expect(response.statusCode).toBe(403);
  expect(response.json()).toMatchObject({ code: 'HOST_REFUSED' });
});

const host = 'localhost:3000';

test.each([
  [{}],
  [{ origin: 'http://localhost:3000' }],
  [{ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' }],
  [{ 'sec-fetch-site': 'none' }],
])('on loopback a change is allowed with %j', async (headers) => {
  const app = await startApp({ kind: 'loopback', hosts: [] });

  expect((await app.inject({ method: 'POST', url: '/', headers: { host, ...headers } })).body).toBe('inside');
});

test.each([
  [{ origin: 'https://evil.example' }],
  [{ origin: 'http://localhost:4000' }],
  [{ origin: 'null' }],
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
])('on loopback a change is refused with %j, and reading is not', async (headers) => {
  const app = await startApp({ kind: 'loopback', hosts: [] });
  const change = await app.inject({ method: 'POST', url: '/', headers: { host, ...headers } });

  expect(change.json()).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
  expect((await app.inject({ url: '/', headers: { host, ...headers } })).body).toBe('inside');
});

test('with keys, one of them is needed, by whatever name the server is called', async () => {
  const app = await startApp({ kind: 'keys', keys: ['a-key-of-some-length'] });
  const stranger = await app.inject({ url: '/', headers: { host: 'api.example' } });
  const guest = await app.inject({ url: '/?key=a-key-of-some-length', headers: { host: 'api.example' } });
  const friend = await app.inject({
    url: '/',
    headers: { host: 'api.example', authorization: 'Bearer a-key-of-some-length' },
  });

  expect(stranger.statusCode).toBe(401);
  expect(stranger.headers['www-authenticate']).toBe('Bearer realm="leveret"');
  expect(stranger.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(guest.statusCode).toBe(401);
  expect(friend.body).toBe('inside');
});
