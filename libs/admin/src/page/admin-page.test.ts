import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FastifyInstance, fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { adminPage } from './admin-page.ts';

const INDEX = `<!doctype html><meta name="leveret-prefix" content="">
<script type="module" src="./assets/index-1a.js"></script><link rel="stylesheet" href="./assets/index-2b.css">`;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function build(folder: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), INDEX);
  await writeFile(join(folder, 'assets/index-1a.js'), 'export {};');
  await writeFile(join(folder, 'assets/index-2b.css'), 'body {}');
  await writeFile(join(folder, 'source-digest'), 'abc');
}

function serve(folder: string, prefix = ''): FastifyInstance {
  const app = fastify();
  onTestFinished(() => app.close());
  app.register(adminPage, { folder: pathToFileURL(`${folder}/`), prefix });
  return app;
}

test.each(['/admin', '/admin/queues/mail', '/admin/jobs/0198c0de?tab=log'])(
  '%s answers the page, which knows the prefix of its server',
  async (path) => {
    const folder = await makeFolder();
    await build(folder);

    const { statusCode, body, headers } = await serve(folder, '/ops').inject(`/ops${path}`);

    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-cache');
    expect(body).toContain('<meta name="leveret-prefix" content="/ops">');
    expect(body).toContain('src="/ops/admin/assets/index-1a.js"');
    expect(body).toContain('href="/ops/admin/assets/index-2b.css"');
  },
);

test('a browser that has the page already is not sent it again', async () => {
  const folder = await makeFolder();
  await build(folder);
  const app = serve(folder);

  const { headers } = await app.inject('/admin');
  const again = await app.inject({
    url: '/admin/workers',
    headers: { 'if-none-match': String(headers.etag) },
  });

  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test.each([
  ['index-1a.js', 'text/javascript; charset=utf-8'],
  ['index-2b.css', 'text/css; charset=utf-8'],
])('%s is kept by browsers for good', async (name, type) => {
  const folder = await makeFolder();
  await build(folder);

  const { statusCode, headers } = await serve(folder).inject(`/admin/assets/${name}`);

  expect(statusCode).toBe(200);
  expect(headers['content-type']).toBe(type);
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test.each(['index-0.js', '..%2fsource-digest', '..%2findex.html', '.env', 'source-digest', '%00.js'])(
  'the asset %s is not found',
  async (name) => {
    const folder = await makeFolder();
    await build(folder);

    const { statusCode } = await serve(folder).inject(`/admin/assets/${name}`);

    expect(statusCode).toBe(404);
  },
);

test('until the page is built, one without a script says so and reloads itself', async () => {
  const folder = await makeFolder();
  const app = serve(folder, '/ops');

  const before = await app.inject('/ops/admin/queues');
  const style = await app.inject('/ops/admin/assets/being-built.css');
  await build(folder);
  const after = await app.inject('/ops/admin/queues');

  expect(before.statusCode).toBe(503);
  expect(before.headers['retry-after']).toBe('2');
  expect(before.headers['cache-control']).toBe('no-store');
  expect(before.body).toContain('<meta http-equiv="refresh" content="2">');
  expect(before.body).toContain('href="/ops/admin/assets/being-built.css"');
  expect(before.body).not.toMatch(/<script|<style|\sstyle=|\{\{/);
  expect(style.statusCode).toBe(200);
  expect(after.statusCode).toBe(200);
});

test('the page can be shown in no frame, shares no window with other sites, and runs nothing that is written into it', async () => {
  const folder = await makeFolder();
  await build(folder);

  const { headers } = await serve(folder).inject('/admin');
  const policy = headers['content-security-policy'];

  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(headers['x-frame-options']).toBe('DENY');
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
});
