import { MAX_FAILURE_GROUPS } from '@leveret/core';
import * as z from 'zod';
import { moment, recordingLag } from './common.ts';
import { failureView } from './jobs.ts';

/** How many groups. */
export const failureGroupsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_FAILURE_GROUPS).default(100),
});

/** Jobs whose newest failures have the same cause. */
export const failureGroup = z
  .strictObject({
    fingerprint: z.string(),
    errorCode: z.string(),
    message: z.string().optional().describe('Of the newest failure.'),
    retrying: z.int().nonnegative(),
    dead: z.int().nonnegative(),
    firstSeenAt: moment,
    lastSeenAt: moment,
    kinds: z.array(z.string()),
    versions: z.array(z.strictObject({ version: z.string(), firstSeenAt: moment })),
    sampleJobId: z.uuid().describe('The job that failed so last.'),
    newJobs: z
      .int()
      .nonnegative()
      .describe(
        'Jobs that came into the group within the last five to ten minutes: with their first failure since they were accepted or retried, or from another group. The group grows while this is not 0.',
      ),
    trend: z
      .strictObject({
        since: moment,
        sliceMs: z.int().positive(),
        failures: z.array(z.int().nonnegative()).describe('One number for each slice, oldest first.'),
      })
      .describe('How many attempts failed so in the last 24 hours, by when the ledger recorded them.'),
  })
  .meta({ id: 'FailureGroup' });
/** Jobs whose newest failures have the same cause. */
export type FailureGroupView = z.infer<typeof failureGroup>;

/** Groups of failures, those that failed last first. */
export const failureGroups = z
  .strictObject({ groups: z.array(failureGroup), lag: recordingLag })
  .meta({ id: 'FailureGroups' });
/** Groups of failures. */
export type FailureGroupsView = z.infer<typeof failureGroups>;

/** A group with the newest failure in full, and what differs between its newest jobs. */
export const failureGroupDetails = z
  .strictObject({
    group: failureGroup,
    sample: failureView.optional(),
    differs: z
      .array(
        z.strictObject({
          field: z.enum(['kind', 'queue', 'worker', 'host', 'version', 'attempt', 'message', 'tag']),
          values: z.array(z.strictObject({ value: z.string(), count: z.int().positive() })),
        }),
      )
      .describe(
        'Fields whose values differ between the newest jobs of the group, with how many have each value.',
      ),
    compared: z.int().nonnegative().describe('How many jobs were compared.'),
    lag: recordingLag,
  })
  .meta({ id: 'FailureGroupDetails' });
/** A group with the newest failure in full. */
export type FailureGroupDetailsView = z.infer<typeof failureGroupDetails>;
