import type { Control } from '@leveret/control';
import type { AccountStore, Broker, ChangeFeed, Clock, JobReader, JobStore, Logger } from '@leveret/core';
import { createChangeFeed, systemClock } from '@leveret/core';
import { jsonBody, problemReplies, securityHeaders, strictRequests } from '@leveret/http';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { AdminAccess } from './access/account-access.ts';
import { guard } from './access/guard.ts';
import { createFaultMonitor } from './faults/fault-monitor.ts';
import { faultHealthRoutes, faultRoutes } from './faults/fault-routes.ts';
import type { RecorderHealth } from './faults/observe.ts';
import type { WaitingLimits } from './faults/waiting-limits.ts';
import { createLive } from './live/live.ts';
import { liveRoutes } from './live/live-routes.ts';
import { createGroupTrends } from './overview/group-trends.ts';
import { createLedgerSnapshots } from './overview/ledger-snapshots.ts';
import { createOverview } from './overview/overview.ts';
import { overviewRoutes } from './overview/overview-routes.ts';
import { adminPage } from './page/admin-page.ts';
import { accountRoutes } from './resources/accounts/account-routes.ts';
import { keyRoutes } from './resources/accounts/key-routes.ts';
import { sessionListRoutes } from './resources/accounts/session-list-routes.ts';
import { sessionRoutes } from './resources/accounts/session-routes.ts';
import { adminDescription } from './resources/openapi.ts';
import { resourceRoutes } from './resources/resource-routes.ts';

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
  /** Which jobs of the ledger are changed; one of its own when left out. A process that has one already shares it. */
  readonly changes?: ChangeFeed;
  /** What records events in this process, if anything does: a recorder that is refused is a fault. */
  readonly recorder?: RecorderHealth;
  /** Folders of data: a fault says when the disk of one is nearly full. */
  readonly dataFolders?: readonly string[];
  /** How long the oldest job of a queue may wait before that is a fault: five minutes when left out. */
  readonly waitingLimits?: WaitingLimits;
  /** Shown in the API description. */
  readonly version: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * The admin API below `/v1/admin`, its page at `/admin`, and `GET /health/faults`. Register it at the root of a server made with `createServerOptions`,
 * or under a prefix of an app of your own.
 */
export const leveretAdmin: FastifyPluginAsync<LeveretAdminOptions> = async (app, options) => {
  const { clock = systemClock } = options;
  const mountPrefix = app.prefix;
  const watching = watch(app, { ...options, clock });
  await app.register(adminPage);
  await app.register(async (health) => {
    prepare(health);
    await health.register(securityHeaders);
    await health.register(faultHealthRoutes, { monitor: watching.monitor });
  });
  await app.register(async (api) => registerApi(api, { ...options, ...watching, clock, mountPrefix }), {
    prefix: '/v1/admin',
  });
};

function prepare(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
}

/** What watches the ledger while the server runs. */
type Watching = ReturnType<typeof watch>;

function watch(app: FastifyInstance, options: LeveretAdminOptions & { readonly clock: Clock }) {
  const { broker, store, reader, recorder, dataFolders = [], waitingLimits, clock, logger } = options;
  const feed = options.changes ?? createChangeFeed({ activity: reader.activity, clock, logger });
  const snapshots = createLedgerSnapshots({ reader, store, clock });
  const trends = createGroupTrends();
  const monitor = createFaultMonitor({
    ...{ broker, store, snapshots, dataFolders, clock, logger },
    ...(recorder === undefined ? {} : { recorder }),
    ...(waitingLimits === undefined ? {} : { waitingLimits }),
    onLedger: ({ groups, at }) => trends.note(groups, at),
  });
  app.addHook('onReady', async () => monitor.start());
  app.addHook('onClose', () => monitor.stop());
  const overview = createOverview({ snapshots, monitor, trends, clock });
  return { feed, monitor, overview };
}

/** What the routes of the API work with. */
type ApiOptions = LeveretAdminOptions &
  Watching & {
    readonly clock: Clock;
    /** Prefix of the whole plugin. */
    readonly mountPrefix: string;
  };

/** Each plugin for this scope alone: beside it are other routes of the same server, with their own answers to unknown paths. */
async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { access, version, logger, clock, mountPrefix } = options;
  prepare(app);
  await app.register(problemReplies, { logger, clock, mountPrefix });
  await app.register(securityHeaders);
  await app.register(strictRequests);
  await app.register(jsonBody);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(guard, access);
  await app.register(adminDescription, { version });
  await registerAccounts(app, options);
  await registerLedger(app, options);
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

async function registerLedger(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { access, store, reader, control, feed, monitor, overview, clock, logger } = options;
  await app.register(resourceRoutes, { store, reader, control, logger, clock });
  await app.register(faultRoutes, { monitor });
  await app.register(overviewRoutes, { overview });
  const live = createLive({ reader, feed, overview, access, clock, logger });
  await app.register(liveRoutes, { live, reader, clock });
}
