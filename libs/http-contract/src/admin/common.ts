import {
  CONTROL_ACTIONS,
  type ControlAction,
  JOB_STATES,
  type JobState,
  MAX_CONTROL_REASON,
} from '@leveret/core';
import * as z from 'zod';

/** A moment, in UTC. */
export const moment = z.iso.datetime();
/** A state of a job. */
export const jobState = z.enum(Object.keys(JOB_STATES) as [JobState, ...JobState[]]);
/** An action on jobs. */
export const controlAction = z.enum(Object.keys(CONTROL_ACTIONS) as [ControlAction, ...ControlAction[]]);
/** Why somebody acts. */
export const reason = z
  .string()
  .trim()
  .min(1)
  .max(MAX_CONTROL_REASON)
  .refine(
    (text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text),
    'a ledger cannot keep NUL and halves of characters',
  )
  .optional()
  .describe('Why. It stays in the audit log.');

/** How far the ledger may be behind what has happened. */
export const recordingLag = z
  .strictObject({
    behindMs: z
      .number()
      .optional()
      .describe(
        'What happened longer ago than this is in the answer. Absent when no recorder has ever reported.',
      ),
    isReported: z.boolean().describe('Whether a recorder is there and reports.'),
  })
  .meta({ id: 'RecordingLag' });

/** The body of an action: why it is done. */
export const actionRequest = z.strictObject({ reason }).meta({ id: 'ActionRequest' });

/** A worker that does not ask what control has decided: it may still start what an action forbids. */
export const unawareWorker = z
  .strictObject({
    workerId: z.string(),
    host: z.string().optional(),
    version: z.string().optional(),
    lastStartAt: moment,
  })
  .meta({ id: 'UnawareWorker' });

/** What workers know of an action. */
export const awareness = {
  confirmed: z.array(z.string()).describe('Workers that have confirmed the action.'),
  silent: z
    .array(z.string())
    .describe('Workers that did not answer: they ask before they start another job.'),
  isControlAway: z
    .boolean()
    .describe('Whether no process answers workers, so that they start jobs unasked after 30 s.'),
  unaware: z.array(unawareWorker).describe('Workers that do not ask: they may start what is forbidden.'),
};

/** Jobs by state. States without jobs are left out. */
export const stateCounts = z.partialRecord(jobState, z.int().nonnegative());
