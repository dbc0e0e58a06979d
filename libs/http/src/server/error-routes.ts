import { errorRule, isErrorCode, LeveretError } from '@leveret/core';
import { errorDescription } from '@leveret/http-contract';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problemResponses } from './contract-responses.ts';

/** `GET /errors/:code`: what the `type` of a problem points to. */
export const errorRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/errors/:code',
    {
      schema: {
        summary: 'What an error code means, and what to do about it',
        tags: ['errors'],
        response: { 200: errorDescription, ...problemResponses },
      },
    },
    async (request) => {
      const { code } = request.params as { code: string };
      if (!isErrorCode(code)) throw new LeveretError('ROUTE_UNKNOWN', 'there is no such error code');
      const { httpStatus, retryable, title, action } = errorRule(code);
      return { code, status: httpStatus, retryable, title, action };
    },
  );
};
