import type { FaultHealthView, FaultView } from '@leveret/http-contract/admin';
import { faultHealth, faultList } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problems } from '../resources/wire/problems.ts';
import { compareFaults } from './fault.ts';
import type { FaultMonitor } from './fault-monitor.ts';

/** What the routes of faults work with. */
export interface FaultRoutesOptions {
  readonly monitor: Pick<FaultMonitor, 'current'>;
}

/** `GET /faults`, for those who may see jobs. */
export const faultRoutes: FastifyPluginAsyncZod<FaultRoutesOptions> = async (app, { monitor }) => {
  app.get(
    '/faults',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'What is wrong now, the worst first',
        tags: ['overview'],
        response: { 200: faultList, ...problems() },
      },
    },
    async () => monitor.current(),
  );
};

/**
 * `GET /health/faults`, for anybody who can reach the server, as the other routes of health: which kinds of faults there are and since when, and neither
 * names nor texts.
 */
export const faultHealthRoutes: FastifyPluginAsyncZod<FaultRoutesOptions> = async (app, { monitor }) => {
  app.get(
    '/health/faults',
    {
      schema: {
        summary: 'Which kinds of faults there are',
        description: 'The status is 200 also when there are some. What they are about is in the admin API.',
        tags: ['health'],
        response: { 200: faultHealth },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const { faults, checkedAt } = monitor.current();
      return {
        status: faults.length === 0 ? ('ok' as const) : ('faulty' as const),
        faults: kindsOf(faults),
        checkedAt,
      };
    },
  );
};

/** Faults of one kind and severity together, since the oldest of them. */
function kindsOf(faults: readonly FaultView[]): FaultHealthView['faults'] {
  const byKind = new Map<string, FaultHealthView['faults'][number]>();
  for (const { kind, severity, since } of [...faults].sort(compareFaults)) {
    const known = byKind.get(`${kind} ${severity}`) ?? { kind, severity, since, count: 0 };
    const oldest = since < known.since ? since : known.since;
    byKind.set(`${kind} ${severity}`, { ...known, since: oldest, count: known.count + 1 });
  }
  return [...byKind.values()];
}
