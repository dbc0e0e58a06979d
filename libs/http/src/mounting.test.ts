import { silentLogger } from '@leveret/core';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../fixtures/memory-blobs.ts';
import { serveApi } from '../fixtures/serve-api.ts';
import { type LeveretApiOptions, leveretApi } from './api.ts';

const KEY = 'a-key-of-some-length';

test.each(['/v1/jobs/x', '/health/live', '/health/ready', '/docs/json', '/errors/INTERNAL', '/'])(
  'below a prefix, %s is where it belongs, and nowhere else',
  async (path) => {
    const { url } = await serveApi({ prefix: '/leveret' });
    const answerAt = async (at: string) => (await fetch(`${url}${at}`)).text();

    expect(await answerAt(`/leveret${path}`)).not.toContain('"code":"ROUTE_UNKNOWN"');
    expect((await fetch(`${url}${path}`)).status).toBe(404);
  },
);

test('below a prefix, a problem tells where its code is explained', async () => {
  const { url } = await serveApi({ prefix: '/leveret' });
  const problem = (await (await fetch(`${url}/leveret/v1/jobs/x`)).json()) as { type: string };
  const unreadable = (await (await fetch(`${url}/leveret/%zz`)).json()) as { type: string };

  expect(problem.type).toBe('/leveret/errors/JOB_NOT_FOUND');
  expect((await fetch(`${url}${problem.type}`)).status).toBe(200);
  expect((await fetch(`${url}${unreadable.type}`)).status).toBe(200);
});

interface Operation {
  readonly security?: unknown;
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>;
}
interface Description {
  readonly paths: Record<string, Record<string, Operation>>;
}

async function describeApi(prefix: string): Promise<Description> {
  const { url } = await serveApi({ prefix, access: { kind: 'keys', keys: [KEY] } });
  return (await (await fetch(`${url}${prefix}/docs/json`)).json()) as Description;
}

test.each(['', '/leveret'])('below "%s", the description says which routes need a key', async (prefix) => {
  const { paths } = await describeApi(prefix);
  const guarded = Object.keys(paths).filter((path) =>
    Object.values(paths[path] ?? {}).some(({ security }) => security),
  );

  expect(guarded.length).toBeGreaterThan(3);
  expect(guarded).toEqual(Object.keys(paths).filter((path) => path.startsWith(`${prefix}/v1/`)));
});

test('the description has each address once, with every status it answers', async () => {
  const { paths } = await describeApi('');
  const forms = Object.keys(paths).map((path) => path.replace(/\{\w+\}/g, '{}'));
  const thumbnail = paths['/v1/videos/{id}/thumbnails/{name}']?.['get']?.responses ?? {};

  expect(new Set(forms).size).toBe(forms.length);
  expect(Object.keys(paths['/v1/jobs/{job}'] ?? {}).sort()).toEqual(['get', 'post']);
  expect(Object.keys(thumbnail)).toEqual(expect.arrayContaining(['200', '206', '304', '412', '4XX', '5XX']));
  expect(Object.keys(thumbnail['200']?.content ?? {})).toEqual(['image/webp', 'image/jpeg']);
  expect(Object.keys(paths['/health/ready']?.['get']?.responses['503']?.content ?? {})).toEqual([
    'application/json',
    'application/problem+json',
  ]);
});

test('one app can mount it twice, and keeps its own routes', async () => {
  const { url, app } = await serveApi({
    prefix: '/a',
    host: (host) => host.get('/mine', async () => 'mine'),
  });

  expect(app.hasRoute({ method: 'GET', url: '/a/v1/jobs/:job' })).toBe(true);
  expect(await (await fetch(`${url}/mine`)).text()).toBe('mine');

  const twice = fastify();
  for (const prefix of ['/a', '/b']) await twice.register(leveretApi, { ...bareOptions(), prefix });
  expect((await twice.inject('/b/health/live')).statusCode).toBe(200);
  expect((await twice.inject('/a/v1/jobs/x')).json()).toMatchObject({ type: '/a/errors/JOB_NOT_FOUND' });
  await twice.close();
});

function bareOptions(): LeveretApiOptions {
  const absent = () => Promise.reject(new Error('is not asked for'));
  return {
    jobs: { enqueue: absent, enqueueMany: absent, close: async () => {} },
    store: {
      accept: absent,
      markDispatched: absent,
      unapplied: { keep: absent, list: absent, count: absent, remove: absent },
      apply: absent,
      keepDeadLetters: absent,
      setAside: { keep: absent, remove: absent },
      queues: absent,
      ledgerId: absent,
      get: async () => undefined,
      claimUndispatched: absent,
      holdUndispatched: absent,
      begin: absent,
      noteEnds: absent,
      status: () => ({ state: 'up' }),
      close: async () => {},
    },
    broker: { status: () => ({ state: 'up' }) },
    blobs: createMemoryBlobs(new Map()),
    publicJobs: new Map(),
    uploadLimitBytes: 1_000,
    access: { kind: 'open' },
    version: '0.0.0',
    logger: silentLogger,
  };
}
