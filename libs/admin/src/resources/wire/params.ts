import type { ErrorCode } from '@leveret/core';
import { isQueueName, isUuid, LeveretError } from '@leveret/core';
import { setAsideKind } from '@leveret/http-contract/admin';
import * as z from 'zod';

/** The parameters of a route about one job or one operation. */
export const idParams = z.object({ id: z.string().describe('Its whole id.') });
/** The parameters of a route about one queue. */
export const queueParams = z.object({ queue: z.string().describe('Its name.') });

/** The parameters of a route about one kind of what is set aside. */
export const setAsideKindParams = z.object({ kind: setAsideKind });
/** The parameters of a route about one entry of what is set aside. */
export const setAsideEntryParams = setAsideKindParams.extend({
  seq: z.coerce.number().int().positive().describe('Of its entry.'),
});

/** The refusal when nothing is set aside under a number. */
export function setAsideNotFound(kind: z.infer<typeof setAsideKind>): LeveretError {
  return new LeveretError('SET_ASIDE_NOT_FOUND', `none of the ${kind} that are set aside has this number`);
}

/** An id in the form of the ledger. @throws {LeveretError} `code` for a text that cannot be one: then there is nothing of that id. */
export function requireId(
  id: string,
  code: Extract<ErrorCode, 'JOB_NOT_FOUND' | 'OPERATION_NOT_FOUND'>,
): string {
  const canonical = id.toLowerCase();
  if (isUuid(canonical)) return canonical;
  throw new LeveretError(code, 'an id is a UUID');
}

/** @throws {LeveretError} `QUEUE_NOT_FOUND` for a text that cannot be the name of a queue. */
export function requireQueueName(queue: string): string {
  if (isQueueName(queue)) return queue;
  throw new LeveretError('QUEUE_NOT_FOUND', 'this cannot be the name of a queue');
}
