import type { JobClient } from '@leveret/client';
import type { Clock, Logger } from '@leveret/core';
import { mailAccepted, mailRequest } from '@leveret/http-contract';
import { mailSend } from '@leveret/jobs';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { JobLookup } from '../jobs/job-lookup.ts';
import { problemResponses } from '../server/contract-responses.ts';

/** What the route of mails works with. */
export interface MailRoutesOptions {
  readonly jobs: JobClient;
  readonly lookup: JobLookup;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `POST /mails`: takes a mail on; what becomes of it is told by its job. */
export const mailRoutes: FastifyPluginAsyncZod<MailRoutesOptions> = async (
  app,
  { jobs, lookup, clock, logger },
) => {
  app.post(
    '/mails',
    {
      schema: {
        summary: 'Send a mail',
        description: 'At least one of text and html is required.',
        tags: ['mails'],
        body: mailRequest,
        response: { 202: mailAccepted, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id } = await jobs.enqueue(mailSend, request.body);
      const { kind, queue, priority, retry } = mailSend;
      lookup.remember({
        id,
        kind,
        queue,
        priority,
        maxAttempts: retry.attempts,
        createdAt: clock.now(),
        delayMs: 0,
        payload: null,
      });
      logger.info({ requestId: request.id, jobId: id }, 'accepted a mail');
      reply.code(202).header('location', `${app.prefix}/jobs/${id}`);
      return { id, jobId: id };
    },
  );
};
