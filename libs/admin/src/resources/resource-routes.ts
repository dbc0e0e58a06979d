import type { FastifyPluginAsync } from 'fastify';
import { auditRoutes } from './audit-routes.ts';
import { failureRoutes } from './failures/failure-routes.ts';
import { jobActionRoutes } from './jobs/action-routes.ts';
import { jobDetailsRoutes } from './jobs/details-routes.ts';
import { jobListRoutes } from './jobs/list-routes.ts';
import { jobPictureRoutes } from './jobs/pictures/picture-routes.ts';
import { operationRoutes } from './operations/operation-routes.ts';
import { queueRoutes } from './queues/queue-routes.ts';
import type { ResourceOptions } from './resource-options.ts';
import { setAsideExportRoutes } from './set-aside-export-routes.ts';
import { setAsideRoutes } from './set-aside-routes.ts';
import { workerRoutes } from './worker-routes.ts';

/** All that ledger and control can do: jobs, operations, failures, what is set aside, queues, workers and the audit. Register it behind the guard. */
export const resourceRoutes: FastifyPluginAsync<ResourceOptions> = async (app, options) => {
  const routes = [
    jobListRoutes,
    jobDetailsRoutes,
    jobPictureRoutes,
    jobActionRoutes,
    operationRoutes,
    failureRoutes,
    setAsideRoutes,
    setAsideExportRoutes,
    queueRoutes,
    workerRoutes,
    auditRoutes,
  ];
  for (const one of routes) await app.register(one, options);
};
