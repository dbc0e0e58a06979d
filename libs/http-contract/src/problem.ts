import { ERROR_CODES, type ErrorCode } from '@leveret/core';
import * as z from 'zod';

/** Media type of every refusal (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** A code of the error table. */
export const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** Every refusal and failure of the API is answered with one of these. */
export const problem = z
  .strictObject({
    type: z.string().describe('Address, relative to the server, that tells about this code: /errors/<code>.'),
    title: z.string().describe('The reason in a few words, the same for every occurrence.'),
    status: z.int().describe('The HTTP status of the answer.'),
    code: errorCode.describe('What to branch on. Closed: a retired code is never used again.'),
    detail: z.string().describe('What is wrong with this request, and what to do about it.'),
    instance: z.string().describe('Path of the request.'),
    position: z
      .int()
      .nonnegative()
      .optional()
      .describe('Of FILTER_INVALID: where in the filter the wrong term begins, counted from 0.'),
    requestId: z
      .string()
      .describe('Find the request by it in the log; also sent as the header X-Request-Id.'),
  })
  .meta({ id: 'Problem' });
/** Every refusal and failure of the API is answered with one of these. */
export type Problem = z.infer<typeof problem>;

/** What a client learns about one code of the error table. */
export const errorDescription = z
  .strictObject({
    code: errorCode,
    status: z.int(),
    retryable: z.boolean().describe('Whether the same request may work later.'),
    title: z.string(),
    action: z.string().describe('What to do about it.'),
  })
  .meta({ id: 'ErrorDescription' });

/** Why a job failed. */
export const failure = z
  .strictObject({
    code: z
      .string()
      .describe('A code of the error table; a newer worker may know codes that this table lacks.'),
    message: z.string(),
  })
  .meta({ id: 'Failure' });
