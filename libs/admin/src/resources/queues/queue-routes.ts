import { LeveretError, type QueueRates, type Rates, type SliceMs } from '@leveret/core';
import {
  actionRequest,
  type QueueDetailsView,
  type QueueSummaryView,
  queueDetails,
  queueList,
  queueRatesQuery,
  queueReceipt,
} from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ResourceOptions } from '../resource-options.ts';
import { authorOf } from '../wire/author.ts';
import { queueParams, requireQueueName } from '../wire/params.ts';
import { BODY_PROBLEMS, problems, QUERY_PROBLEMS } from '../wire/problems.ts';
import { toAwarenessView, toIso, toLagView, toStateCounts } from '../wire/values.ts';
import { hasQueue, type KnownQueues, readQueues } from './known-queues.ts';
import { NO_RATE, toRateView } from './rate-view.ts';

const TAGS = ['queues'];

/** How far back and how finely rates are shown: at most `MAX_RATE_SLICES` slices. */
const RANGES = {
  '10m': { rangeMs: 600_000, sliceMs: 10_000 },
  '1h': { rangeMs: 3_600_000, sliceMs: 10_000 },
  '6h': { rangeMs: 21_600_000, sliceMs: 60_000 },
} as const satisfies Record<string, { readonly rangeMs: number; readonly sliceMs: SliceMs }>;

/** `GET /queues`, `GET /queues/:queue`, and `POST /queues/:queue/pause` and `resume`. */
export const queueRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, options) => {
  const { reader, control, clock } = options;

  app.get(
    '/queues',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'All queues that have jobs, workers or a pause',
        tags: TAGS,
        response: { 200: queueList, ...problems() },
      },
    },
    async () => {
      const [lag, { queues }] = await Promise.all([reader.lag(), readQueues(options)]);
      return { queues: [...queues], lag: toLagView(lag) };
    },
  );

  app.get(
    '/queues/:queue',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'One queue and what happened in it',
        tags: TAGS,
        params: queueParams,
        querystring: queueRatesQuery,
        response: { 200: queueDetails, ...problems(...QUERY_PROBLEMS, 'QUEUE_NOT_FOUND') },
      },
    },
    async ({ params, query: { range } }) => {
      const queue = requireQueueName(params.queue);
      const { rangeMs, sliceMs } = RANGES[range];
      // The slice at hand is the last of them.
      const since = clock.now() - rangeMs + sliceMs;
      const [lag, knownQueues, rates] = await Promise.all([
        reader.lag(),
        readQueues(options),
        reader.activity.rates({ queue, since, sliceMs }),
      ]);
      return { ...toDetails(requireKnown(knownQueues, queue), knownQueues, rates), lag: toLagView(lag) };
    },
  );

  for (const change of ['pause', 'resume'] as const)
    app.post(
      `/queues/:queue/${change}`,
      {
        config: { rule: 'queues:control' },
        schema: {
          summary:
            change === 'pause'
              ? 'Pause a queue: workers start none of its jobs until it is resumed'
              : 'Resume a paused queue',
          description:
            'Handlers that run go on. Answers when the ledger has it and workers have confirmed it, or 1.2 s later.',
          tags: TAGS,
          params: queueParams,
          body: actionRequest.nullable(),
          response: { 200: queueReceipt, ...problems(...BODY_PROBLEMS, 'QUEUE_NOT_FOUND') },
        },
      },
      async (request) => {
        const queue = requireQueueName(request.params.queue);
        if (!(await hasQueue(options, queue))) throw queueNotFound(queue);
        const decision = { queue, ...authorOf(request, request.body) };
        const receipt = await (change === 'pause'
          ? control.pauseQueue(decision)
          : control.resumeQueue(decision));
        return { isChanged: receipt.isChanged, ...toAwarenessView(receipt) };
      },
    );
};

/** @throws {LeveretError} `QUEUE_NOT_FOUND`. */
function requireKnown({ queues }: KnownQueues, name: string): QueueSummaryView {
  const found = queues.find(({ queue }) => queue === name);
  if (found === undefined) throw queueNotFound(name);
  return found;
}

function queueNotFound(queue: string): LeveretError {
  return new LeveretError('QUEUE_NOT_FOUND', `no queue ${queue} has jobs, workers or a pause`, {
    details: { queue },
  });
}

function toDetails(
  summary: QueueSummaryView,
  { counts }: KnownQueues,
  { since, until, sliceMs, queues }: Rates,
): Omit<QueueDetailsView, 'lag'> {
  const { queue } = summary;
  const rates: QueueRates = queues.find((one) => one.queue === queue) ?? {
    queue,
    total: NO_RATE,
    slices: [],
    kinds: [],
  };
  const jobs = counts.filter((group) => group.queue === queue);
  const kinds = new Set([...jobs, ...rates.kinds].map(({ kind }) => kind));
  return {
    queue: summary,
    sliceMs,
    since: toIso(since),
    until: toIso(until),
    total: toRateView(rates.total),
    slices: rates.slices.map((slice) => ({ startAt: toIso(slice.startAt), ...toRateView(slice) })),
    kinds: [...kinds].sort().map((kind) => ({
      kind,
      counts: toStateCounts(jobs.filter((group) => group.kind === kind)),
      total: toRateView(rates.kinds.find((one) => one.kind === kind)?.total ?? NO_RATE),
    })),
  };
}
