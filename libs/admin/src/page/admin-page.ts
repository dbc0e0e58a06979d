import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { securityHeaders } from '@leveret/http';
import type { FastifyPluginAsync } from 'fastify';

/** Where the page is. */
export interface AdminPageOptions {
  /** Folder of the built page, with a slash at its end. Left out: that of this package. */
  readonly folder?: URL;
}

const BUILT_PAGE = new URL('../../page/', import.meta.url);
const ASSETS = new URL('../../assets/', import.meta.url);
/** Types of the files that the build makes, by the end of their names. */
const ASSET_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
const HTML = 'text/html; charset=utf-8';
/** A name with a digest in it, as the build gives to files: letters, digits, `.`, `_` and `-`, not beginning with a dot. */
const ASSET_NAME = /^[\w-][\w.-]*\.([a-z]+)$/;
/** How soon a browser asks again for a page that is being built, in seconds. */
const RETRY_AFTER_S = 2;

/**
 * The page at `/admin`, and at every path below it: which view that is, the page itself decides. Its files are read at every request, so that a page
 * that is built while the server runs is served without a restart. Until there is one, a page that reloads itself says so.
 */
export const adminPage: FastifyPluginAsync<AdminPageOptions> = async (app, { folder = BUILT_PAGE }) => {
  await app.register(securityHeaders);
  const base = `${app.prefix}/admin`;
  const waiting = toPrefix(await readFile(new URL('being-built.html', ASSETS), 'utf8'), app.prefix);
  const waitingStyle = await readFile(new URL('being-built.css', ASSETS));

  for (const url of ['/admin', '/admin/*'])
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      reply.type(HTML);
      const built = await readIfThere(new URL('index.html', folder));
      if (built === undefined)
        return reply
          .code(503)
          .header('retry-after', RETRY_AFTER_S)
          .header('cache-control', 'no-store')
          .send(waiting);
      const html = toPrefix(built.toString('utf8').replaceAll('"./assets/', `"${base}/assets/`), app.prefix);
      const tag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`;
      reply.header('etag', tag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      return reply.send(html);
    });

  app.get('/admin/assets/being-built.css', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type(ASSET_TYPES['css'] ?? '')
      .header('cache-control', 'no-cache')
      .send(waitingStyle),
  );

  app.get<{ Params: { name: string } }>(
    '/admin/assets/:name',
    { schema: { hide: true } },
    async ({ params: { name } }, reply) => {
      const type = ASSET_TYPES[ASSET_NAME.exec(name)?.[1] ?? ''];
      const content = type === undefined ? undefined : await readIfThere(new URL(`assets/${name}`, folder));
      if (type === undefined || content === undefined)
        return reply.code(404).type('text/plain').send('The page has no such file: reload it.');
      return reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(content);
    },
  );
};

/** Tells the page where its server is mounted. */
function toPrefix(html: string, prefix: string): string {
  return html
    .replace('name="leveret-prefix" content=""', `name="leveret-prefix" content="${prefix}"`)
    .replaceAll('{{prefix}}', prefix);
}

async function readIfThere(file: URL): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
