import { CONTROL_ACTIONS, type ControlAction } from '@leveret/core';
import {
  type ActionReceiptView,
  actionReceipt,
  actionRequest,
  verbOfAction,
} from '@leveret/http-contract/admin';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { requireVerb } from '../../access/guard.ts';
import type { ResourceOptions } from '../resource-options.ts';
import { authorOf } from '../wire/author.ts';
import { idParams, requireId } from '../wire/params.ts';
import { BODY_PROBLEMS, problems } from '../wire/problems.ts';
import { known, toAwarenessView } from '../wire/values.ts';
import { jobNotFound } from './job-view.ts';

const ACTIONS = Object.keys(CONTROL_ACTIONS) as readonly ControlAction[];

/** `POST /jobs/:id/cancel`, `run-now`, `retry`, `discard` and `restore`. */
export const jobActionRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { store, control }) => {
  /** The state in the ledger when the request comes decides. @throws {LeveretError} `JOB_NOT_FOUND`, `FORBIDDEN`. */
  async function requireRetry(request: FastifyRequest, jobId: string): Promise<void> {
    const job = await store.get(jobId);
    if (job === undefined) throw jobNotFound(jobId);
    await requireVerb(request, verbOfAction('retry', job.state), { jobId, queue: job.queue });
  }

  for (const action of ACTIONS) {
    const isRetry = action === 'retry';
    const { meaning, from } = CONTROL_ACTIONS[action];
    app.post(
      `/jobs/:id/${action}`,
      {
        // Of the other actions, every state has the same verb.
        config: { rule: isRetry ? 'jobs:read' : verbOfAction(action, 'dead') },
        schema: {
          summary: `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}`,
          description: `Possible while the job is ${from.join(', ')}. Answers when the ledger has it and workers have confirmed it, or 1.2 s later.${isRetry ? ' Needs `failures:retry` for a job that is dead, and `jobs:run` for any other.' : ''}`,
          tags: ['jobs'],
          params: idParams,
          body: actionRequest.nullable(),
          response: { 200: actionReceipt, ...problems(...BODY_PROBLEMS, 'JOB_NOT_FOUND', 'ACTION_REFUSED') },
        },
      },
      async (request): Promise<ActionReceiptView> => {
        const jobId = requireId(request.params.id, 'JOB_NOT_FOUND');
        if (isRetry) await requireRetry(request, jobId);
        const receipt = await control.act({ action, jobId, ...authorOf(request, request.body) });
        const { queue, before, after, generation, dispatch, attempt } = receipt;
        return {
          ...{ jobId, queue, before, after, generation },
          ...known({ dispatch, attempt }),
          ...toAwarenessView(receipt),
        };
      },
    );
  }
};
