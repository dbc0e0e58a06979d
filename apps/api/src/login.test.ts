import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { openLogin } from './login.ts';
import { startApi } from './server.ts';
import { openDrivers } from './wiring.ts';

const SESSION = '/v1/admin/session';

/** An API on a file of its own, and what its start said. */
async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-login-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = {
    broker: { kind: 'embedded' },
    storeFile: join(folder, 'leveret.db'),
    blobFolder: join(folder, 'blobs'),
    host: '127.0.0.1',
    port: 0,
    apiKeys: [],
    uploadLimitBytes: 1_000_000,
    retention: [],
    waitingLimits: { defaultMs: 300_000, byQueue: new Map() },
  } as const;
  const drivers = await openDrivers(config, silentLogger, systemClock);
  onTestFinished(() => drivers.close());
  const said: string[] = [];
  const open = () => openLogin({ ...drivers, clock: systemClock, say: (line) => said.push(line) });
  const adminAccess = await open();
  const api = await startApi({ ...drivers, adminAccess, config, logger: silentLogger });
  onTestFinished(() => api.stop(0));
  return { said, open, send: (path: string, init?: RequestInit) => fetch(new URL(path, api.url), init) };
}

test('D-04 the first start prints a generated password once, and nothing is open without signing in', async () => {
  const { said, open, send } = await start();
  const first = [...said];
  await open();
  const [, password = ''] = /^.*: admin, with the password (\w{20})$/.exec(first[0] ?? '') ?? [];
  const signIn = (given: string) =>
    send(SESSION, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: given }),
    });

  const without = await send(SESSION);
  const guesses = [await signIn('admin'), await signIn('leveret'), await signIn('')];
  const signedIn = await signIn(password);
  const [cookie = ''] = signedIn.headers.getSetCookie();
  const accounts = await send('/v1/admin/accounts', { headers: { cookie: cookie.split(';')[0] ?? '' } });

  expect(said).toEqual(first);
  expect(without.status).toBe(401);
  expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(await signedIn.json()).toMatchObject({ name: 'admin', role: 'admin', kind: 'account' });
  expect(await accounts.json()).toMatchObject({ accounts: [{ name: 'admin', sessions: 1 }] });
});

test('the admin API and the API for jobs answer unknown paths and methods each for itself', async () => {
  const { send } = await start();
  const problem = async (path: string, method: string) => {
    const answer = await send(path, { method });
    const { code, type } = (await answer.json()) as { readonly code: string; readonly type: string };
    return [code, type, answer.headers.get('allow')];
  };

  expect(await problem('/v1/admin/nothing', 'GET')).toEqual(['ROUTE_UNKNOWN', '/errors/ROUTE_UNKNOWN', null]);
  expect(await problem(SESSION, 'PUT')).toEqual([
    'METHOD_NOT_ALLOWED',
    '/errors/METHOD_NOT_ALLOWED',
    'DELETE, GET, HEAD, POST',
  ]);
  expect(await problem('/v1/nothing', 'GET')).toEqual(['ROUTE_UNKNOWN', '/errors/ROUTE_UNKNOWN', null]);
});
