import * as z from 'zod';
import { jobState, moment } from './common.ts';

/** Which entries. Those that an operation made for its jobs are only in the lists of a job and of an operation. */
export const auditQuery = z.strictObject({
  jobId: z.uuid().optional(),
  operationId: z.uuid().optional().describe('With the entries of its jobs.'),
  before: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('`seq` of the last entry of the page before.'),
  beforeAt: moment.optional().describe('The page begins with the last entry that was made before.'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What somebody did. */
export const auditEntry = z
  .strictObject({
    seq: z.int().positive(),
    at: moment,
    by: z.string(),
    action: z.string(),
    reason: z.string().optional(),
    jobId: z.string().optional(),
    queue: z.string().optional(),
    operationId: z.string().optional(),
    subject: z
      .string()
      .optional()
      .describe('The account that was changed or whose session was ended, or the name of the API key.'),
    detail: z
      .string()
      .optional()
      .describe('What of it: roles, ids of keys and sessions, or how many jobs an operation has.'),
    before: jobState.optional(),
    after: jobState.optional(),
  })
  .meta({ id: 'AuditEntry' });

/** What was done, newest first. */
export const auditPage = z.strictObject({ entries: z.array(auditEntry) }).meta({ id: 'AuditPage' });
/** What was done, newest first. */
export type AuditPageView = z.infer<typeof auditPage>;
