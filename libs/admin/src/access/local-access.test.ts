import { expect, test } from 'vitest';
import { openBench, serveAdmin } from '../../fixtures/account-bench.ts';
import { localAccess } from './local-access.ts';

const SESSION = '/v1/admin/session';

async function serve() {
  const bench = await openBench();
  return await serveAdmin({ bench, access: localAccess({ hosts: ['127.0.0.2'] }) });
}

test('on this machine everybody is an admin without signing in, and there is nothing to sign in to', async () => {
  const send = await serve();
  const host = '127.0.0.2:3000';

  const session = await send({ url: SESSION, headers: { host } });
  const signIn = await send({ method: 'POST', url: SESSION, headers: { host }, payload: {} });

  expect(session.json()).toMatchObject({ name: 'local', role: 'admin', kind: 'local' });
  expect(signIn).toMatchObject({ statusCode: 405, headers: { allow: 'GET, HEAD' } });
});

test('D-02 requests that other sites bring about are refused', async () => {
  const send = await serve();
  const create = { method: 'POST', url: '/v1/admin/keys', payload: { name: 'x', role: 'admin' } } as const;

  const rebound = await send({ url: SESSION, headers: { host: 'evil.example' } });
  const foreign = await send({
    ...create,
    headers: { host: 'localhost:3000', origin: 'https://evil.example' },
  });
  const own = await send({ ...create, headers: { host: 'localhost:3000', origin: 'http://localhost:3000' } });

  expect(rebound.json()).toMatchObject({ status: 403, code: 'HOST_REFUSED' });
  expect(foreign.json()).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
  expect(own.statusCode).toBe(201);
});
