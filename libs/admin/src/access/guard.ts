import { LeveretError } from '@leveret/core';
import type { AdminVerb } from '@leveret/http-contract/admin';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import type { Principal, Subject } from './principal.ts';

/** `anyone`: also without a principal, to sign in. `signed-in`: every principal. */
export type RouteRule = AdminVerb | 'anyone' | 'signed-in';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use a route of the admin API. */
    readonly rule?: RouteRule;
  }
  interface FastifyRequest {
    /** Who sends the request; null on routes that anyone may use. */
    principal: Principal | null;
  }
}

/** How requests are allowed. */
export interface GuardOptions {
  /** Who sends a request; undefined when that is not known. */
  readonly resolvePrincipal: (request: FastifyRequest) => Promise<Principal | undefined>;
  /** Whether a principal may do something to a subject: asked after its verbs allow it. Left out: yes. */
  readonly can?: (principal: Principal, verb: AdminVerb, subject: Subject) => Promise<boolean>;
}

async function guardPlugin(app: FastifyInstance, options: GuardOptions): Promise<void> {
  app.decorateRequest('principal', null);
  app.addHook('onRoute', requireRule);
  app.addHook('onRequest', async (request) => {
    const rule = request.routeOptions.config.rule;
    if (rule === undefined || rule === 'anyone') return;
    request.principal = await authorize(request, options);
  });
}

/**
 * Who sends a request, if the rule of its route allows it. A stream asks again while it lasts.
 * @throws {LeveretError} `UNAUTHENTICATED`, `FORBIDDEN`, and what `resolvePrincipal` and `can` throw.
 */
export async function authorize(
  request: FastifyRequest,
  { resolvePrincipal, can }: GuardOptions,
): Promise<Principal> {
  const principal = await resolvePrincipal(request);
  if (principal === undefined) throw new LeveretError('UNAUTHENTICATED', 'sign in, or send a valid API key');
  const rule = request.routeOptions.config.rule;
  if (rule === undefined || rule === 'anyone' || rule === 'signed-in') return principal;
  const isAllowed = principal.verbs.has(rule) && ((await can?.(principal, rule, subjectOf(request))) ?? true);
  if (!isAllowed)
    throw new LeveretError(
      'FORBIDDEN',
      `${principal.name} may not use ${rule}: an admin can change the role`,
    );
  return principal;
}

/** A route without a rule would be open to everybody: the server does not start with one. */
function requireRule({ method, url, config }: RouteOptions): void {
  if (config?.rule === undefined)
    throw new TypeError(`the route ${String(method)} ${url} has no rule in its config`);
}

function subjectOf({ params }: FastifyRequest): Subject {
  const { id, queue } = (params ?? {}) as { readonly id?: string; readonly queue?: string };
  return { ...(id === undefined ? {} : { jobId: id }), ...(queue === undefined ? {} : { queue }) };
}

/** The principal of a request on a route whose rule is not `anyone`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new TypeError('the route is open to anyone: it has no principal');
  return request.principal;
}

/** Guards the routes that are registered after it in the same context: each names its rule in its `config`. */
export const guard = fp(guardPlugin, { name: 'leveret-admin-guard', fastify: '5.x' });
