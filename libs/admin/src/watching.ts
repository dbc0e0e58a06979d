import {
  type Broker,
  type ChangeFeed,
  type Clock,
  createChangeFeed,
  type JobReader,
  type JobStore,
  type Logger,
} from '@leveret/core';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { GuardOptions } from './access/guard.ts';
import { createFaultMonitor, type FaultMonitor } from './faults/fault-monitor.ts';
import { faultRoutes } from './faults/fault-routes.ts';
import type { RecorderHealth } from './faults/observe.ts';
import type { WaitingLimits } from './faults/waiting-limits.ts';
import { createLive } from './live/live.ts';
import { liveRoutes } from './live/live-routes.ts';
import { createLedgerSnapshots } from './overview/ledger-snapshots.ts';
import { createOverview, type Overview } from './overview/overview.ts';
import { overviewRoutes } from './overview/overview-routes.ts';

/** How an installation is watched. */
export interface WatchingOptions {
  /** Which jobs of the ledger are changed; one of its own when left out. A process that has one already shares it. */
  readonly changes?: ChangeFeed;
  /** What records events in this process, if anything does: a recorder that is refused is a fault. */
  readonly recorder?: RecorderHealth;
  /** Folders of data: a fault says when the disk of one is nearly full. */
  readonly dataFolders?: readonly string[];
  /** How long the oldest job of a queue may wait before that is a fault: five minutes when left out. */
  readonly waitingLimits?: WaitingLimits;
}

/** What is watched with. */
interface WatchingParts extends WatchingOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What watches an installation. */
export interface Watching {
  readonly feed: ChangeFeed;
  readonly monitor: FaultMonitor;
  readonly overview: Overview;
}

/** Creates what watches an installation, from when `app` is ready until it is closed. */
export function createWatching(app: FastifyInstance, parts: WatchingParts): Watching {
  const { broker, store, reader, changes, recorder, dataFolders = [], waitingLimits, clock, logger } = parts;
  const snapshots = createLedgerSnapshots({ reader, store, clock });
  const monitor = createFaultMonitor({
    ...{ broker, store, snapshots, dataFolders, clock, logger },
    ...(recorder === undefined ? {} : { recorder }),
    ...(waitingLimits === undefined ? {} : { waitingLimits }),
  });
  app.addHook('onReady', async () => monitor.start());
  app.addHook('onClose', () => monitor.stop());
  return {
    feed: changes ?? createChangeFeed({ activity: reader.activity, clock, logger }),
    monitor,
    overview: createOverview({ snapshots, monitor, clock }),
  };
}

/** What the routes work with. */
export interface WatchingRoutesOptions {
  readonly watching: Watching;
  readonly reader: JobReader;
  readonly access: GuardOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `GET /overview`, `GET /faults` and the live streams. */
export const watchingRoutes: FastifyPluginAsync<WatchingRoutesOptions> = async (app, options) => {
  const { watching, reader, access, clock, logger } = options;
  const { feed, monitor, overview } = watching;
  await app.register(overviewRoutes, { overview });
  await app.register(faultRoutes, { monitor });
  await app.register(liveRoutes, {
    live: createLive({ reader, feed, overview, access, clock, logger }),
    reader,
    clock,
  });
};
