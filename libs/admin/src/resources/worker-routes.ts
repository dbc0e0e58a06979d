import { SEEN_WITHIN_MS, type SeenWorker, type WorkerLoad } from '@leveret/core';
import { type WorkerView, workerList } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ResourceOptions } from './resource-options.ts';
import { problems } from './wire/problems.ts';
import { toIso } from './wire/values.ts';

/** `GET /workers`. */
export const workerRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { store }) => {
  app.get(
    '/workers',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Worker processes that were seen in the last 15 s',
        tags: ['workers'],
        response: { 200: workerList, ...problems() },
      },
    },
    async () => ({ workers: (await store.workers(SEEN_WITHIN_MS)).map(toWorkerView) }),
  );
};

function toWorkerView(worker: SeenWorker): WorkerView {
  const { instanceId, workerId, host, pid, version, queues, kinds, concurrency, startedAt, seenAt, load } =
    worker;
  return {
    ...{ instanceId, workerId, host, pid, version, queues: [...queues], kinds: [...kinds], concurrency },
    ...{ startedAt: toIso(startedAt), seenAt: toIso(seenAt) },
    ...(load === undefined ? {} : { load: toLoadView(load) }),
  };
}

function toLoadView(load: WorkerLoad): WorkerView['load'] {
  const { rssBytes, cpuShare, eventLoopDelayMs, slots, running } = load;
  return {
    ...{ rssBytes, cpuShare, eventLoopDelayMs },
    slots: slots.map(({ queue, size, busy }) => ({ queue, size, busy })),
    running: running.map(({ jobId, kind, queue, startedAt }) => ({
      ...{ jobId, kind, queue, startedAt: toIso(startedAt) },
    })),
  };
}
