import { ADMIN_ROLES, type AdminRole, verbsOf } from '@leveret/http-contract/admin';
import type { FastifyInstance, HTTPMethods, RouteOptions } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AdminBench,
  addAccount,
  type Send,
  serveAdmin,
  signIn,
  startBench,
} from '../../fixtures/account-bench.ts';
import type { AdminAccess } from './account-access.ts';
import type { RouteRule } from './guard.ts';
import { createPrincipal } from './principal.ts';

const API = '/v1/admin';
/** The only routes that need no principal. One that is added here is open to the whole network. */
const OPEN_TO_ANYONE = [`POST ${API}/session`];
/** The answer of every handler of these tests. */
const REACHED = 299;

interface Route {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly rule: RouteRule | undefined;
}

/** A server whose handlers only note that they were reached: whoever gets there has passed the guard. */
async function serveWalk(bench: AdminBench, access?: AdminAccess) {
  const routes: Route[] = [];
  const reached: string[] = [];
  const host = (app: FastifyInstance) =>
    app.addHook('onRoute', (route: RouteOptions) => {
      const { method, url, config } = route;
      for (const each of [method].flat()) routes.push({ method: each, url, rule: config?.rule });
      delete route.schema;
      route.handler = async (request, reply) => {
        reached.push(`${request.method} ${url}`);
        return reply.code(REACHED).send();
      };
    });
  const send = await serveAdmin({ bench, host, ...(access === undefined ? {} : { access }) });
  return { routes, reached, send };
}

function isAllowed(rule: RouteRule | undefined, role: AdminRole): boolean {
  if (rule === undefined) return false;
  return rule === 'anyone' || rule === 'signed-in' || verbsOf(role).includes(rule);
}

/** The path of a route, with something for each parameter. */
function pathOf(url: string): string {
  return url.replace(/:[a-z]+/gi, 'some-thing').replace('*', 'some/thing');
}

/** The same path as a server might read it, too. */
function variantsOf(path: string): readonly string[] {
  return [
    `${path}/`,
    `/${path}`,
    path.replace('/v1/', '/v1//'),
    path.replace(`${API}/`, `${API}//`),
    path.toUpperCase(),
    path.replace('admin', 'Admin'),
    path.replace('/v1/', '/v1/./'),
    path.replace('/v1/', '/%76%31/'),
    path.replace(`${API}/`, `${API}%2F`),
    `/x/..${path}`,
    `${path};x=y`,
    `${path}?x=%00`,
  ];
}

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

describe('A-02 every route of the admin API', () => {
  let bench: AdminBench;
  beforeAll(async () => {
    const started = await startBench();
    bench = started;
    for (const role of ADMIN_ROLES) await addAccount(bench, role, role);
    return started.close;
  });

  const nameOf = ({ method, url }: Route) => `${method} ${url}`;
  const inApi = (routes: readonly Route[]) => routes.filter(({ url }) => url.startsWith(API));

  test('has a rule, and what is beside the API is only read', async () => {
    const { routes } = await serveWalk(bench);
    const apiRoutes = inApi(routes);
    const others = routes.filter(({ url }) => !url.startsWith(API));

    expect(apiRoutes.length).toBeGreaterThan(10);
    expect(apiRoutes.filter(({ rule }) => rule === undefined)).toEqual([]);
    expect(apiRoutes.filter(({ rule }) => rule === 'anyone').map(nameOf)).toEqual(OPEN_TO_ANYONE);
    expect(others.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  test('answers 401 without a principal, and nothing happens', async () => {
    const { routes, reached, send } = await serveWalk(bench);

    for (const route of inApi(routes).filter(({ rule }) => rule !== 'anyone')) {
      const answer = await send({ method: route.method, url: pathOf(route.url) });
      expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), 401]);
    }

    expect(reached).toEqual([]);
  });

  test('cannot be reached without a principal by another method or another spelling', async () => {
    const { routes, reached, send } = await serveWalk(bench);

    for (const { url } of inApi(routes))
      for (const path of [pathOf(url), ...variantsOf(pathOf(url))])
        for (const method of METHODS) {
          const { statusCode } = await send({ method, url: path });
          expect([REACHED, 400, 401, 404, 405], `${method} ${path}`).toContain(statusCode);
        }

    expect([...new Set(reached)].filter((name) => !OPEN_TO_ANYONE.includes(name))).toEqual([]);
  });

  test.each(ADMIN_ROLES)('D-06 is for %s what its rule says', async (role) => {
    const { send, routes } = await serveRole(role);
    const denied: string[] = [];

    for (const { method, url, rule } of routes) {
      const { statusCode } = await send({ method, url: pathOf(url) });
      const expected = isAllowed(rule, role) ? REACHED : 403;
      expect([method, url, statusCode]).toEqual([method, url, expected]);
      if (statusCode === 403) denied.push(url);
    }

    if (role === 'admin') expect(denied).toEqual([]);
    else expect(denied).toContain(`${API}/accounts`);
  });

  test.each(ADMIN_ROLES)(
    'D-06 cannot be reached by %s by another spelling unless its rule allows it',
    async (role) => {
      const { send, routes, reached } = await serveRole(role);

      for (const { url } of routes)
        for (const path of variantsOf(pathOf(url)))
          for (const method of METHODS) await send({ method, url: path });

      const allowed = routes.filter(({ rule }) => isAllowed(rule, role)).map(nameOf);
      expect([...new Set(reached)].filter((name) => !allowed.includes(name))).toEqual([]);
    },
  );

  test.each(ADMIN_ROLES)('is what the rule says for a %s whom a host application knows', async (role) => {
    const known = createPrincipal({ name: 'host:hal', role, kind: 'host' });
    const { send, routes } = await serveWalk(bench, {
      resolvePrincipal: async ({ headers }) => (headers['x-user'] === 'hal' ? known : undefined),
    });

    for (const { method, url, rule } of inApi(routes)) {
      const asHal = await send({ method, url: pathOf(url), headers: { 'x-user': 'hal' } });
      const asNobody = await send({ method, url: pathOf(url) });
      expect([method, url, asHal.statusCode, asNobody.statusCode]).toEqual([
        ...[method, url],
        ...[isAllowed(rule, role) ? REACHED : 403, 401],
      ]);
    }
  });

  test('is closed where a host application forbids everything', async () => {
    const admin = createPrincipal({ name: 'host:hal', role: 'admin', kind: 'host' });
    const { send, routes } = await serveWalk(bench, {
      resolvePrincipal: async () => admin,
      can: async () => false,
    });

    for (const { method, url, rule } of inApi(routes)) {
      const { statusCode } = await send({ method, url: pathOf(url) });
      expect([method, url, statusCode]).toEqual([method, url, rule === 'signed-in' ? REACHED : 403]);
    }
  });

  /** A walk in which every request is sent by somebody who signed in. */
  async function serveRole(role: AdminRole) {
    const headers = await signIn(await serveAdmin({ bench }), role);
    const { send, routes, reached } = await serveWalk(bench);
    return {
      routes: inApi(routes),
      reached,
      send: ((request) => send({ ...request, headers })) satisfies Send,
    };
  }
});
