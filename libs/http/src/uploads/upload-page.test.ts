import { readdirSync } from 'node:fs';
import { type FastifyInstance, fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { securityHeaders } from '../server/security-headers.ts';
import { uploadPage } from './upload-page.ts';

const ASSETS = readdirSync(new URL('../../assets/', import.meta.url));
/** What a page or a module loads. */
const REFERENCES = /(?:href|src)="([^"#{]+)"|from '\.\/([^']+)'/g;

function startPage(prefix = ''): FastifyInstance {
  const app = fastify();
  onTestFinished(() => app.close());
  app.register(securityHeaders);
  app.register(uploadPage, { prefix, needsKey: true, uploadLimitBytes: 1_000 });
  return app;
}

test('the page knows its server, and everything that it loads is served below its prefix', async () => {
  const app = startPage('/videos');

  const { body, headers } = await app.inject('/videos/');
  const scripts = ASSETS.filter((name) => name.endsWith('.js'));
  const sources = await Promise.all(scripts.map((name) => app.inject(`/videos/page/${name}`)));
  const loaded = [body, ...sources.map((source) => source.body)]
    .flatMap((text) => [...text.matchAll(REFERENCES)])
    .map(([, path, module]) => path ?? `/videos/page/${module}`)
    .filter((path) => path.includes('/page/'));

  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).toContain('data-api="/videos/v1" data-needs-key="true" data-limit-bytes="1000"');
  expect(body).not.toContain('{{');
  expect(loaded.length).toBeGreaterThan(8);
  for (const path of loaded) expect([path, (await app.inject(path)).statusCode]).toEqual([path, 200]);
});

test.each(ASSETS.filter((name) => name !== 'page.html'))(
  '%s is served with its type, and not again to whoever has it',
  async (name) => {
    const app = startPage();

    const first = await app.inject(`/page/${name}`);
    const again = await app.inject({
      url: `/page/${name}`,
      headers: { 'if-none-match': String(first.headers.etag) },
    });

    expect(first.statusCode).toBe(200);
    expect(first.headers['content-type']).toMatch(/^(text\/css|text\/javascript|image\/svg\+xml)/);
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    expect([again.statusCode, again.body]).toEqual([304, '']);
  },
);

test('the page holds no script and no style of its own: its policy forbids them', async () => {
  const app = startPage();

  const { body, headers } = await app.inject('/');

  expect(body).not.toMatch(/<style|<script[^>]*>[^<]|\sstyle=|\son[a-z]+=/);
  expect(headers['content-security-policy']).not.toContain('unsafe');
});
