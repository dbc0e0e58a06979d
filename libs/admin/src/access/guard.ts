import { LeveretError, leveretCodeOf } from '@leveret/core';
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
  interface FastifyInstance {
    /** Resolves when a principal may use a verb on a subject; throws `FORBIDDEN` otherwise. */
    allowVerb(principal: Principal, verb: AdminVerb, subject: Subject): Promise<void>;
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
  app.decorate('allowVerb', (principal, verb, subject) => requireAllowed(options, principal, verb, subject));
  app.addHook('onRoute', requireRule);
  app.addHook('onRequest', async (request, reply) => {
    const rule = request.routeOptions.config.rule;
    // Without a rule there is no route: the answer is that nothing is there.
    if (rule === undefined || rule === 'anyone') return;
    try {
      request.principal = await authorize(request, options);
    } catch (error) {
      if (leveretCodeOf(error) === 'UNAUTHENTICATED')
        reply.header('www-authenticate', 'Bearer realm="leveret"');
      throw error;
    }
  });
}

/**
 * Who sends a request, if the rule of its route allows it. A stream asks again while it lasts.
 * @throws {LeveretError} `UNAUTHENTICATED`, `FORBIDDEN`, and what `resolvePrincipal` and `can` throw.
 */
export async function authorize(request: FastifyRequest, options: GuardOptions): Promise<Principal> {
  const principal = await options.resolvePrincipal(request);
  if (principal === undefined)
    throw new LeveretError('UNAUTHENTICATED', 'the request carries no valid session and no valid key');
  const rule = request.routeOptions.config.rule;
  if (rule !== undefined && rule !== 'anyone' && rule !== 'signed-in')
    await requireAllowed(options, principal, rule, subjectOf(request));
  return principal;
}

/**
 * For routes whose verb depends on more than their address, asked besides their rule.
 * @throws {LeveretError} `FORBIDDEN` unless the principal of the request may use `verb` on `subject`.
 */
export async function requireVerb(
  request: FastifyRequest,
  verb: AdminVerb,
  subject: Subject = {},
): Promise<void> {
  await request.server.allowVerb(principalOf(request), verb, subject);
}

async function requireAllowed(
  { can }: GuardOptions,
  principal: Principal,
  verb: AdminVerb,
  subject: Subject,
): Promise<void> {
  const isAllowed = principal.verbs.has(verb) && ((await can?.(principal, verb, subject)) ?? true);
  if (!isAllowed)
    throw new LeveretError(
      'FORBIDDEN',
      `${principal.name} may not use ${verb}: an admin can change the role`,
    );
}

/** A route without a rule would be open to everybody: the server does not start with one. */
function requireRule({ method, url, config }: RouteOptions): void {
  if (config?.rule === undefined)
    throw new TypeError(`the route ${String(method)} ${url} has no rule in its config`);
}

/** The path of a job, below any prefix. An id in another path is not that of a job. */
const JOB_PATH = /\/jobs\/:id(\/|$)/;

function subjectOf({ params, routeOptions }: FastifyRequest): Subject {
  const { id, queue } = (params ?? {}) as { readonly id?: string; readonly queue?: string };
  const isJob = id !== undefined && JOB_PATH.test(routeOptions.url ?? '');
  return { ...(isJob ? { jobId: id.toLowerCase() } : {}), ...(queue === undefined ? {} : { queue }) };
}

/** The principal of a request on a route whose rule is not `anyone`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new TypeError('the route is open to anyone: it has no principal');
  return request.principal;
}

/** Guards the routes that are registered after it in the same context: each names its rule in its `config`. */
export const guard = fp(guardPlugin, { name: 'leveret-admin-guard', fastify: '5.x' });
