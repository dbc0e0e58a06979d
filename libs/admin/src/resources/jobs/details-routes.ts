import { describeCause } from '@leveret/control';
import { type JobBodyPart, LeveretError } from '@leveret/core';
import { explanation, jobDetails, jobLog } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ResourceOptions } from '../resource-options.ts';
import { idParams, requireId } from '../wire/params.ts';
import { problems } from '../wire/problems.ts';
import { known, moments, toIso } from '../wire/values.ts';
import { jobNotFound, readJobDetails } from './job-view.ts';

const TAGS = ['jobs'];

const BODIES = {
  payload: 'The payload of a job',
  result: 'The result of a job that has succeeded',
} as const satisfies Record<JobBodyPart, string>;

/** `GET /jobs/:id`, its payload, result, log and explanation. */
export const jobDetailsRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { reader, control }) => {
  app.get(
    '/jobs/:id',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'All that is known of a job but its payload, its result and its log',
        tags: TAGS,
        params: idParams,
        response: { 200: jobDetails, ...problems('JOB_NOT_FOUND') },
      },
    },
    async ({ params }) => {
      const id = requireId(params.id, 'JOB_NOT_FOUND');
      const details = await readJobDetails(reader, id);
      if (details === undefined) throw jobNotFound(id);
      return details;
    },
  );

  for (const [part, summary] of Object.entries(BODIES) as [JobBodyPart, string][])
    app.get(
      `/jobs/:id/${part}`,
      {
        config: { rule: 'payloads:read' },
        schema: {
          summary,
          description:
            'JSON as the ledger keeps it, with the values at redacted paths replaced. Numbers have all their digits: do not read them as doubles.',
          tags: TAGS,
          params: idParams,
          response: { 200: z.unknown(), ...problems('JOB_NOT_FOUND', 'BODY_NOT_FOUND') },
        },
      },
      async ({ params }, reply) => {
        const id = requireId(params.id, 'JOB_NOT_FOUND');
        const text = await reader.bodyText(id, part);
        // As text: printed from parsed numbers, those above 2^53 would be others.
        if (text !== undefined) return reply.type('application/json; charset=utf-8').send(text);
        if ((await reader.get(id)) === undefined) throw jobNotFound(id);
        throw new LeveretError('BODY_NOT_FOUND', `the ledger has no ${part} of this job`);
      },
    );

  app.get(
    '/jobs/:id/log',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'The lines that the handlers of a job logged',
        description: 'By generation and attempt, those of an attempt oldest first.',
        tags: TAGS,
        params: idParams,
        response: { 200: jobLog, ...problems('JOB_NOT_FOUND') },
      },
    },
    async ({ params }) => {
      const id = requireId(params.id, 'JOB_NOT_FOUND');
      const lines = await reader.logLines(id);
      if (lines.length === 0 && (await reader.get(id)) === undefined) throw jobNotFound(id);
      return {
        lines: lines.map(({ generation, attempt, number, at, level, message, fields }) => ({
          ...{ generation, attempt, number, at: toIso(at), level, message },
          ...known({ fields }),
        })),
      };
    },
  );

  app.get(
    '/jobs/:id/explanation',
    {
      config: { rule: 'jobs:read' },
      schema: {
        summary: 'Why a job is where it is',
        description: 'Every cause that holds now, from what ledger and broker know.',
        tags: TAGS,
        params: idParams,
        response: { 200: explanation, ...problems('JOB_NOT_FOUND') },
      },
    },
    async ({ params }) => {
      const { causes } = await control.explain(requireId(params.id, 'JOB_NOT_FOUND'));
      return {
        causes: causes.map((cause) => {
          const { text, detail, advice, since, until } = describeCause(cause);
          return { kind: cause.kind, text, ...known({ detail, advice }), ...moments({ since, until }) };
        }),
      };
    },
  );
};
