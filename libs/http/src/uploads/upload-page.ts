import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';

/** What the page is told about its server. */
export interface UploadPageOptions {
  /** Whether it has to ask for an API key. */
  readonly needsKey: boolean;
  /** Largest upload, in bytes: told before a file is sent in vain. */
  readonly uploadLimitBytes: number;
}

interface Asset {
  readonly content: Buffer;
  readonly type: string;
  readonly tag: string;
}

const ASSETS = new URL('../../assets/', import.meta.url);
const ASSET_TYPES = {
  'tokens.css': 'text/css; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'intake.css': 'text/css; charset=utf-8',
  'uploads.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'fields.js': 'text/javascript; charset=utf-8',
  'upload.js': 'text/javascript; charset=utf-8',
  'upload-view.js': 'text/javascript; charset=utf-8',
  'announcer.js': 'text/javascript; charset=utf-8',
  'words.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** `GET /` and what it loads below `/page/`: a page to drop videos on. Everything comes from this server. */
export const uploadPage: FastifyPluginAsync<UploadPageOptions> = async (
  app,
  { needsKey, uploadLimitBytes },
) => {
  const template = await readFile(new URL('page.html', ASSETS), 'utf8');
  const settings = {
    apiPath: `${app.prefix}/v1`,
    needsKey: String(needsKey),
    limitBytes: String(uploadLimitBytes),
  };
  const html = Object.entries({ ...settings, base: app.prefix }).reduce(
    (text, [name, value]) => text.replaceAll(`{{${name}}}`, value),
    template,
  );
  const page = toAsset(Buffer.from(html), 'text/html; charset=utf-8');
  app.get('/', { schema: { hide: true } }, async (request, reply) => sendAsset(request, reply, page));

  for (const [name, type] of Object.entries(ASSET_TYPES)) {
    const asset = toAsset(await readFile(new URL(name, ASSETS)), type);
    app.get(`/page/${name}`, { schema: { hide: true } }, async (request, reply) =>
      sendAsset(request, reply, asset),
    );
  }
};

function toAsset(content: Buffer, type: string): Asset {
  return { content, type, tag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"` };
}

function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, type, tag }: Asset,
): FastifyReply {
  reply.header('etag', tag).header('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.type(type).send(content);
}
