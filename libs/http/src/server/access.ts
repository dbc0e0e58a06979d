import { LeveretError } from '@leveret/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createApiKeyCheck } from './api-keys.ts';

/** Who may use the API. */
export type Access =
  /** Whoever has one of these keys. */
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  /**
   * Anybody on this machine, by these host names and the usual names of loopback. Web pages of other sites, which a
   * browser on this machine may show, are kept out.
   */
  | { readonly kind: 'loopback'; readonly hosts: readonly string[] }
  /** Whoever gets here: the app that mounts the routes looks after it. */
  | { readonly kind: 'open' };

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const HOST = /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d+)?$/;
/** Methods that change nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** How a browser says that a request does not come from a page of another site. */
const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * Refuses what may not use the routes of `app`: `UNAUTHENTICATED` without a key.
 * Does nothing where no keys are needed.
 */
export function guardByKey(app: FastifyInstance, access: Access): void {
  if (access.kind !== 'keys') return;
  const isKnown = createApiKeyCheck(access.keys);
  app.addHook('onRequest', async (request, reply) => {
    if (isKnown(request.headers.authorization)) return;
    reply.header('www-authenticate', 'Bearer realm="leveret"');
    throw new LeveretError('UNAUTHENTICATED', 'the request carries no valid key');
  });
}

/**
 * On a server that trusts everybody on its machine, refuses requests that other web sites bring about: see {@link createLoopbackCheck}.
 * Does nothing where keys are needed: a browser does not send those by itself.
 */
export function guardLoopback(app: FastifyInstance, access: Access): void {
  if (access.kind !== 'loopback') return;
  const check = createLoopbackCheck(access.hosts);
  app.addHook('onRequest', async (request) => check(request));
}

/** The part of a request that says where it comes from. */
type RequestOrigin = Pick<FastifyRequest, 'headers' | 'method'>;

/**
 * Creates a check that throws {@link LeveretError} for requests that other web sites bring about: `HOST_REFUSED` when a foreign name was made
 * to point here, `ORIGIN_REFUSED` when a foreign page wants to change something.
 * @param hosts Names of this server besides the usual ones of loopback.
 */
export function createLoopbackCheck(hosts: readonly string[]): (request: RequestOrigin) => void {
  const names = new Set([...LOOPBACK_NAMES, ...hosts.map((host) => host.toLowerCase())]);
  return (request) => {
    const name = HOST.exec(hostOf(request))?.[1];
    if (name === undefined || !names.has(name))
      throw new LeveretError('HOST_REFUSED', 'the Host header is not this server');
    refuseForeignPages(request);
  };
}

/**
 * Refuses a request by which a page of another site wants to change something. A program sends neither of the headers that tell.
 * @throws {LeveretError} `ORIGIN_REFUSED`.
 */
export function refuseForeignPages(request: RequestOrigin): void {
  const { headers, method } = request;
  if (SAFE_METHODS.has(method)) return;
  const site = headers['sec-fetch-site'];
  const isForeignSite = typeof site === 'string' && !OWN_SITES.has(site);
  if (isForeignSite || isForeignOrigin(headers.origin, hostOf(request))) {
    throw new LeveretError('ORIGIN_REFUSED', 'a page of another site may not change anything here');
  }
}

function hostOf({ headers }: RequestOrigin): string {
  return (headers.host ?? '').toLowerCase();
}

/** A program sends no origin; a page sends its own, or "null" when it has none that could be trusted. */
function isForeignOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return false;
  return origin.toLowerCase() !== `http://${host}` && origin.toLowerCase() !== `https://${host}`;
}
