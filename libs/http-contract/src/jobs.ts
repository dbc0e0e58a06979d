import { JOB_STATES, type JobState, MAX_DELAY_MS } from '@leveret/core';
import * as z from 'zod';
import { failure } from './problem.ts';

/** What a client sends to have a job of any public kind done. */
export const jobRequest = z
  .strictObject({
    payload: z.unknown().describe('As the kind defines it.'),
    delayMs: z.int().min(0).max(MAX_DELAY_MS).optional().describe('Milliseconds before its first attempt.'),
  })
  .meta({ id: 'JobRequest' });

/** A job was accepted. */
export const jobAccepted = z.strictObject({ jobId: z.uuid() }).meta({ id: 'JobAccepted' });

const states = Object.keys(JOB_STATES) as [JobState, ...JobState[]];
const moment = z.iso.datetime();

/** A job and what became of it. Its payload is not shown: whoever knows an id need not know what was sent. */
export const job = z
  .strictObject({
    id: z.uuid(),
    kind: z.string(),
    queue: z.string(),
    state: z.enum(states),
    attempt: z.int().min(0).describe('The newest attempt, from 1; 0 before the first began.'),
    maxAttempts: z.int().positive(),
    createdAt: moment,
    updatedAt: moment,
    startedAt: moment.optional().describe('When the newest attempt began.'),
    finishedAt: moment.optional().describe('When the job became terminal.'),
    dueAt: moment.optional().describe('When its next attempt is due, while it waits for it.'),
    progress: z.number().min(0).max(1).optional().describe('How far the attempt under way is.'),
    result: z.unknown().optional().describe('What came of it, once it succeeded: what its kind shows.'),
    failure: failure.optional().describe('Why the newest failed attempt failed.'),
  })
  .meta({ id: 'Job' });
/** A job and what became of it. */
export type Job = z.infer<typeof job>;
