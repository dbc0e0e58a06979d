import type { Control } from '@leveret/control';
import type { Broker, Clock, JobReader, JobStore, Logger } from '@leveret/core';
import { systemClock } from '@leveret/core';
import { jsonBody, problemReplies, securityHeaders, strictRequests } from '@leveret/http';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { type GuardOptions, guard } from './access/guard.ts';
import { faultHealthRoutes } from './faults/fault-routes.ts';
import { createWatching, type Watching, type WatchingOptions, watchingRoutes } from './watching.ts';

/** What the admin API works with. Nothing of it is closed by the plugin. */
export interface LeveretAdminOptions extends WatchingOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly control: Control;
  readonly access: GuardOptions;
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
  const { logger, clock = systemClock } = options;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(problemReplies, { logger, clock });
  await app.register(securityHeaders);
  await app.register(strictRequests);
  await app.register(jsonBody);
  const watching = createWatching(app, { ...options, clock });
  await app.register(faultHealthRoutes, watching);
  await app.register(async (api) => registerGuarded(api, options, watching), { prefix: '/v1/admin' });
};

async function registerGuarded(
  app: FastifyInstance,
  options: LeveretAdminOptions,
  watching: Watching,
): Promise<void> {
  const { access, reader, logger, clock = systemClock } = options;
  await app.register(guard, access);
  await app.register(watchingRoutes, { watching, reader, access, clock, logger });
}
