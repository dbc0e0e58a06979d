import type { OperationJobs } from '@leveret/control';
import {
  CONTROL_ACTIONS,
  type ControlAction,
  type JobState,
  type OperationRequest,
  sleep,
  toSelection,
} from '@leveret/core';
import {
  actionRequest,
  type OperationView,
  operationItems,
  operationItemsQuery,
  operationList,
  operationListQuery,
  operationRequest,
  operationView,
  verbOfAction,
} from '@leveret/http-contract/admin';
import { formatFilter, parseFilter } from '@leveret/http-contract/filter';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type * as z from 'zod';
import { requireVerb } from '../../access/guard.ts';
import type { ResourceOptions } from '../resource-options.ts';
import { authorOf } from '../wire/author.ts';
import { idParams, requireId } from '../wire/params.ts';
import { BODY_PROBLEMS, FILTER_PROBLEMS, problems, QUERY_PROBLEMS } from '../wire/problems.ts';
import { known } from '../wire/values.ts';
import { createOperationRunner } from './operation-runner.ts';
import { toOperationView } from './operation-view.ts';

const TAGS = ['operations'];
/** So long an answer waits until the jobs of an operation are chosen, in milliseconds: mostly they are, and the answer has their number. */
const COLLECTED_WITHIN_MS = 1_000;

/** `GET` and `POST /operations`, `GET /operations/:id` and its items, `POST /operations/:id/stop`. */
export const operationRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, options) => {
  const { control, clock, logger } = options;
  const { operations } = control;
  const runner = createOperationRunner(operations, logger);
  app.addHook('onClose', () => runner.stop());

  async function start(request: OperationRequest, jobs: OperationJobs): Promise<OperationView> {
    const { operation, collected } = await operations.begin(request, jobs);
    runner.run(operation.id, collected);
    const answered = new AbortController();
    const late = sleep(clock, COLLECTED_WITHIN_MS, answered.signal);
    const first = await Promise.race([collected, late]).finally(() => answered.abort());
    return toOperationView(first ?? (await operations.get(operation.id)));
  }

  app.get(
    '/operations',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Actions on many jobs, newest first',
        tags: TAGS,
        querystring: operationListQuery,
        response: { 200: operationList, ...problems(...QUERY_PROBLEMS) },
      },
    },
    async ({ query }) => ({ operations: (await operations.list(query.limit)).map(toOperationView) }),
  );

  app.post(
    '/operations',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Start an action on many jobs',
        description:
          'Needs the verb of its action, besides. The jobs are those that are selected now: what changes later does not belong to it. A filter without a state selects the jobs that the action is for. The answer comes after a second at the latest, while the jobs are being chosen or acted on.',
        tags: TAGS,
        body: operationRequest,
        response: { 202: operationView, ...problems(...BODY_PROBLEMS, ...FILTER_PROBLEMS) },
      },
    },
    async (request, reply) => {
      const { action, perSecond } = request.body;
      const { jobs, selection, states } = selectionOf(request.body, clock.now());
      for (const verb of new Set(states.map((state) => verbOfAction(action, state))))
        await requireVerb(request, verb);
      const author = authorOf(request, request.body);
      const view = await start({ action, selection, ...known({ perSecond }), ...author }, jobs);
      return reply.code(202).header('location', `${app.prefix}/operations/${view.id}`).send(view);
    },
  );

  app.get(
    '/operations/:id',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'An action on many jobs, and how far it is',
        tags: TAGS,
        params: idParams,
        response: { 200: operationView, ...problems('OPERATION_NOT_FOUND') },
      },
    },
    async ({ params }) => toOperationView(await operations.get(requireId(params.id, 'OPERATION_NOT_FOUND'))),
  );

  app.get(
    '/operations/:id/items',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'What became of the jobs of an operation, in order',
        tags: TAGS,
        params: idParams,
        querystring: operationItemsQuery,
        response: { 200: operationItems, ...problems(...QUERY_PROBLEMS, 'OPERATION_NOT_FOUND') },
      },
    },
    async ({ params, query: { from, limit } }) => {
      const { id } = await operations.get(requireId(params.id, 'OPERATION_NOT_FOUND'));
      const items = await operations.items(id, from, limit);
      return {
        items: items.map(({ number, jobId, outcome, reason }) => ({
          ...{ number, jobId, outcome },
          ...known({ reason }),
        })),
      };
    },
  );

  app.post(
    '/operations/:id/stop',
    {
      config: { rule: 'operations:control' },
      schema: {
        summary: 'Stop an operation: its other jobs stay as they are',
        description: 'Does nothing when it has ended.',
        tags: TAGS,
        params: idParams,
        body: actionRequest.nullable(),
        response: { 200: operationView, ...problems(...BODY_PROBLEMS, 'OPERATION_NOT_FOUND') },
      },
    },
    async (request) => {
      const id = requireId(request.params.id, 'OPERATION_NOT_FOUND');
      return toOperationView(await operations.stop(id, authorOf(request, request.body)));
    },
  );
};

interface Selection {
  readonly jobs: OperationJobs;
  /** In words or as a filter. */
  readonly selection: string;
  /** In which states the jobs may be that are acted on. */
  readonly states: readonly JobState[];
}

/** @throws {LeveretError} `FILTER_INVALID`. */
function selectionOf(
  { action, jobIds, filter: text }: z.output<typeof operationRequest>,
  now: number,
): Selection {
  if (text === undefined) {
    const ids = [...new Set((jobIds ?? []).map((id) => id.toLowerCase()))];
    return { jobs: { jobIds: ids }, selection: 'by id', states: CONTROL_ACTIONS[action].from };
  }
  const filter = toSelection(action, parseFilter(text, now));
  return { jobs: { filter }, selection: formatFilter(filter), states: statesOf(action, filter.states) };
}

/** Jobs in other states are skipped. Where none is left, the verb is that of any. */
function statesOf(action: ControlAction, selected: readonly JobState[] = []): readonly JobState[] {
  const { from } = CONTROL_ACTIONS[action];
  const both = from.filter((state) => selected.includes(state));
  return both.length === 0 ? from : both;
}
