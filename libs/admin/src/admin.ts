import type { Control } from '@leveret/control';
import type { AccountStore, Broker, Clock, JobReader, JobStore, Logger } from '@leveret/core';
import { systemClock } from '@leveret/core';
import { jsonBody, problemReplies, securityHeaders, strictRequests } from '@leveret/http';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { AdminAccess } from './access/account-access.ts';
import { guard } from './access/guard.ts';
import { accountRoutes } from './resources/accounts/account-routes.ts';
import { keyRoutes } from './resources/accounts/key-routes.ts';
import { sessionListRoutes } from './resources/accounts/session-list-routes.ts';
import { sessionRoutes } from './resources/accounts/session-routes.ts';

/** What the admin API works with. Nothing of it is closed by the plugin. */
export interface LeveretAdminOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly control: Control;
  /** Who may use it: `localAccess`, `accountAccess`, or two functions of your own. */
  readonly access: AdminAccess;
  /** Accounts and API keys to manage; without them there are no routes for that. */
  readonly accounts?: AccountStore;
  /** Shown in the API description. */
  readonly version: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * The admin API below `/v1/admin` and its page at `/admin`. Register it at the root of a server made with `createServerOptions`, or under a prefix of
 * an app of your own.
 */
export const leveretAdmin: FastifyPluginAsync<LeveretAdminOptions> = async (app, options) => {
  const mountPrefix = app.prefix;
  await app.register(async (api) => registerApi(api, mountPrefix, options), { prefix: '/v1/admin' });
};

/** Each plugin for this scope alone: beside it are other routes of the same server, with their own answers to unknown paths. */
async function registerApi(
  app: FastifyInstance,
  mountPrefix: string,
  options: LeveretAdminOptions,
): Promise<void> {
  const { logger, clock = systemClock } = options;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(problemReplies, { logger, clock, mountPrefix });
  await app.register(securityHeaders);
  await app.register(strictRequests);
  await app.register(jsonBody);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(guard, options.access);
  await registerRoutes(app, mountPrefix, options);
}

async function registerRoutes(
  app: FastifyInstance,
  mountPrefix: string,
  { access, accounts }: LeveretAdminOptions,
): Promise<void> {
  const { login } = access;
  await app.register(sessionRoutes, { login, cookiePath: `${mountPrefix}/` });
  if (accounts !== undefined) {
    const shared = { accounts, onChange: () => login?.forget() };
    await app.register(accountRoutes, shared);
    await app.register(keyRoutes, shared);
    await app.register(sessionListRoutes, shared);
  }
}
