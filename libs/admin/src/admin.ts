import {
  type Control,
  type OperationsWorker,
  type OperationsWorkerOptions,
  startOperationsWorker,
} from '@leveret/control';
import type { AccountStore, BlobStore, Broker, Clock, JobReader, JobStore, Logger } from '@leveret/core';
import { systemClock, toLogger } from '@leveret/core';
import { drain, jsonBody, problemReplies, securityHeaders, slowBodies, strictRequests } from '@leveret/http';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { AdminAccess } from './access/account-access.ts';
import { guard } from './access/guard.ts';
import { faultHealthRoutes } from './faults/fault-routes.ts';
import { adminPage } from './page/admin-page.ts';
import { accountRoutes } from './resources/accounts/account-routes.ts';
import { keyRoutes } from './resources/accounts/key-routes.ts';
import { sessionListRoutes } from './resources/accounts/session-list-routes.ts';
import { sessionRoutes } from './resources/accounts/session-routes.ts';
import { adminDescription } from './resources/openapi.ts';
import { resourceRoutes } from './resources/resource-routes.ts';
import { createWatching, type Watching, type WatchingOptions, watchingRoutes } from './watching.ts';

/** What the admin API works with. Nothing of it is closed by the plugin. */
export interface LeveretAdminOptions extends WatchingOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly control: Control;
  /** Who may use it: `localAccess`, `accountAccess`, or two functions of your own. */
  readonly access: AdminAccess;
  /** Accounts and API keys to manage; without them there are no routes for that. */
  readonly accounts?: AccountStore;
  /** Where the files of jobs are: pictures among them are shown. Without it, no job has pictures. */
  readonly blobs?: BlobStore;
  /** Shown in the API description. */
  readonly version: string;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * The admin API below `/v1/admin`, its page at `/admin`, and `GET /health/faults`. Register it at the root of a server made with `createServerOptions`,
 * or under a prefix of an app of your own.
 */
export const leveretAdmin: FastifyPluginAsync<LeveretAdminOptions> = async (app, options) => {
  const { clock = systemClock } = options;
  const logger = toLogger(options.logger);
  const mountPrefix = app.prefix;
  const watching = createWatching(app, { ...options, clock, logger });
  workOnOperations(app, { operations: options.control.operations, clock, logger });
  await app.register(adminPage);
  await app.register(async (health) => {
    prepare(health);
    await health.register(securityHeaders);
    await health.register(faultHealthRoutes, watching);
  });
  await app.register(async (api) => registerApi(api, { ...options, watching, clock, logger, mountPrefix }), {
    prefix: '/v1/admin',
  });
};

/** Continues operations without a worker, as long as the server runs. */
function workOnOperations(app: FastifyInstance, options: OperationsWorkerOptions): void {
  let worker: OperationsWorker | undefined;
  app.addHook('onReady', async () => {
    worker = startOperationsWorker(options);
  });
  app.addHook('onClose', async () => worker?.stop());
}

function prepare(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
}

/** What the routes of the API work with. */
interface ApiOptions extends LeveretAdminOptions {
  readonly watching: Watching;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Prefix of the whole plugin. */
  readonly mountPrefix: string;
}

/** Each plugin for this scope alone: beside it are other routes of the same server, with their own answers to unknown paths. */
async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { access, version, store, reader, control, blobs, watching, logger, clock, mountPrefix } = options;
  prepare(app);
  await app.register(problemReplies, { logger, clock, mountPrefix });
  await app.register(securityHeaders);
  await app.register(strictRequests);
  await app.register(drain);
  await app.register(slowBodies, { clock });
  await app.register(jsonBody);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(guard, access);
  await app.register(adminDescription, { version });
  await registerAccounts(app, options);
  await app.register(resourceRoutes, { store, reader, control, blobs, logger, clock });
  await app.register(watchingRoutes, { watching, reader, access, clock, logger });
}

async function registerAccounts(
  app: FastifyInstance,
  { access, accounts, mountPrefix }: ApiOptions,
): Promise<void> {
  const { login } = access;
  await app.register(sessionRoutes, { login, cookiePath: `${mountPrefix}/` });
  if (accounts === undefined) return;
  const shared = { accounts, onChange: () => login?.forget() };
  await app.register(accountRoutes, shared);
  await app.register(keyRoutes, shared);
  await app.register(sessionListRoutes, shared);
}
