import * as z from 'zod';
import { MAX_FILTER_LENGTH } from '../filter/scan-terms.ts';
import { controlAction, moment, reason, unawareWorker } from './common.ts';

/** Most jobs of a selection; more are selected by a filter. */
export const MAX_SELECTED_JOBS = 1_000;

/** An action on many jobs: on these, or on all that a filter selects now. */
export const operationRequest = z
  .strictObject({
    action: controlAction,
    jobIds: z.array(z.uuid()).min(1).max(MAX_SELECTED_JOBS).optional(),
    filter: z.string().min(1).max(MAX_FILTER_LENGTH).optional(),
    perSecond: z.int().min(1).max(100_000).optional().describe('Most jobs a second.'),
    reason,
  })
  .refine(
    ({ jobIds, filter }) => (jobIds === undefined) !== (filter === undefined),
    'name either `jobIds` or `filter`',
  )
  .meta({ id: 'OperationRequest' });

/** An action on many jobs, and how far it is. */
export const operationView = z
  .strictObject({
    id: z.uuid(),
    action: controlAction,
    selection: z.string(),
    state: z.enum(['collecting', 'running', 'stopped', 'done']),
    by: z.string(),
    reason: z.string().optional(),
    perSecond: z.int().optional(),
    createdAt: moment,
    finishedAt: moment.optional(),
    total: z.int().nonnegative(),
    done: z.int().nonnegative(),
    skipped: z.int().nonnegative(),
    failed: z.int().nonnegative(),
    unaware: z.array(unawareWorker).optional(),
  })
  .meta({ id: 'Operation' });
/** An action on many jobs, and how far it is. */
export type OperationView = z.infer<typeof operationView>;

/** How many operations. */
export const operationListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
/** Operations, newest first. */
export const operationList = z
  .strictObject({ operations: z.array(operationView) })
  .meta({ id: 'OperationList' });
/** Operations, newest first. */
export type OperationListView = z.infer<typeof operationList>;

/** Which items. */
export const operationItemsQuery = z.strictObject({
  from: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
/** What became of the jobs of an operation. */
export const operationItems = z
  .strictObject({
    items: z.array(
      z.strictObject({
        number: z.int().positive(),
        jobId: z.uuid(),
        outcome: z.enum(['waiting', 'done', 'skipped', 'failed']),
        reason: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'OperationItems' });
/** What became of the jobs of an operation. */
export type OperationItemsView = z.infer<typeof operationItems>;
