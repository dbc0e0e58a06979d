import { MAX_PAGE_JOBS } from '@leveret/core';
import * as z from 'zod';
import { MAX_FILTER_LENGTH } from '../filter/scan-terms.ts';
import { auditEntry } from './audit.ts';
import { awareness, jobState, moment, recordingLag, stateCounts } from './common.ts';

/** Longest cursor, in characters: it holds the filter. */
const MAX_CURSOR_LENGTH = 8_000;

const filter = z
  .string()
  .max(MAX_FILTER_LENGTH)
  .default('')
  .describe('Filter language, such as `state:dead kind:mail.*`. Empty: all jobs.');

/** Which page of which list. */
export const jobListQuery = z.strictObject({
  filter,
  order: z
    .enum(['newest-first', 'oldest-first'])
    .default('newest-first')
    .describe('By when jobs were last updated.'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_JOBS).default(50),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .optional()
    .describe(
      '`nextCursor` of the page before. Filter and order stay the same; ages in the filter are those of the first page.',
    ),
});

/** Of which jobs counts are asked for. */
export const jobCountQuery = z.strictObject({ filter });

/** How far the running attempt is. */
export const jobProgress = z.strictObject({
  fraction: z.number().min(0).max(1),
  done: z.number().optional(),
  total: z.number().optional(),
  text: z.string().optional(),
});

/** A job in a list. */
export const jobSummary = z
  .strictObject({
    id: z.uuid(),
    kind: z.string(),
    queue: z.string(),
    priority: z.enum(['high', 'normal', 'low']),
    state: jobState,
    generation: z.int().nonnegative(),
    attempt: z.int().nonnegative(),
    maxAttempts: z.int().positive(),
    createdAt: moment,
    updatedAt: moment,
    startedAt: moment.optional(),
    finishedAt: moment.optional(),
    dueAt: moment.optional(),
    progress: jobProgress.optional(),
    tags: z.array(z.string()),
    workerId: z.string().optional(),
    errorCode: z.string().optional(),
    fingerprint: z.string().optional(),
    failureMessage: z.string().optional(),
  })
  .meta({ id: 'JobSummary' });
/** A job in a list. */
export type JobSummaryView = z.infer<typeof jobSummary>;

/** A page of jobs. */
export const jobPage = z
  .strictObject({
    jobs: z.array(jobSummary),
    nextCursor: z.string().optional().describe('Present when there may be more.'),
    lag: recordingLag,
  })
  .meta({ id: 'JobPage' });
/** A page of jobs. */
export type JobPageView = z.infer<typeof jobPage>;

/** How many jobs a filter selects. */
export const jobCounts = z
  .strictObject({
    count: z.int().nonnegative(),
    isExact: z.boolean().describe('False when there are more than `count`.'),
    byState: stateCounts
      .optional()
      .describe(
        'Exact. Of a filter on queue, kind and state alone, the jobs of all states; of another filter, the jobs that it selects. Absent when that filter has a condition on the state, or the count is not exact.',
      ),
    lag: recordingLag,
  })
  .meta({ id: 'JobCounts' });
/** How many jobs a filter selects. */
export type JobCountsView = z.infer<typeof jobCounts>;

/** What was typed of a filter so far. */
export const completionQuery = z.strictObject({
  term: z.string().max(MAX_FILTER_LENGTH).describe('The term being typed, such as `kind:ma` or `ki`.'),
});

/** Most completions of a term. */
export const MAX_COMPLETIONS = 50;

/** How a term may go on, from what the ledger holds. */
export const completions = z
  .strictObject({
    completions: z
      .array(
        z.strictObject({
          term: z.string().describe('In the place of the term being typed.'),
          meaning: z.string().optional(),
          count: z.int().nonnegative().optional().describe('How many jobs it selects, where that is known.'),
          isWhole: z.boolean().describe('False for the beginning of a term, such as `kind:`.'),
        }),
      )
      .max(MAX_COMPLETIONS),
  })
  .meta({ id: 'Completions' });
/** How a term may go on. */
export type CompletionsView = z.infer<typeof completions>;

/** An error along the causes of a failure. */
export const failureCause = z.strictObject({
  name: z.string(),
  message: z.string(),
  code: z.string().optional(),
  stack: z.string().optional(),
});

/** Why an attempt failed. */
export const failureView = z
  .strictObject({
    code: z.string().describe('A code of the error table; newer workers may know more.'),
    errorCode: z.string().optional(),
    message: z.string(),
    name: z.string().optional(),
    stack: z.string().optional().describe('Its frames, one a line, without name and message.'),
    causes: z.array(failureCause),
  })
  .meta({ id: 'FailureDetails' });
/** Why an attempt failed. */
export type FailureView = z.infer<typeof failureView>;

/** One attempt of a job. */
export const attemptView = z
  .strictObject({
    generation: z.int().nonnegative(),
    attempt: z.int().positive(),
    startedAt: moment.optional(),
    endedAt: moment.optional(),
    queueWaitMs: z.number().nonnegative().optional(),
    runMs: z.number().nonnegative().optional(),
    outcome: jobState.optional().describe('Where it led. Of an earlier generation: a note.'),
    failure: failureView.optional(),
    workerId: z.string().optional(),
    host: z.string().optional(),
    version: z.string().optional(),
  })
  .meta({ id: 'Attempt' });
/** One attempt of a job. */
export type AttemptView = z.infer<typeof attemptView>;

/** All of a job but its payload, its result and its log. */
export const jobDetails = z
  .strictObject({
    job: jobSummary.extend({
      failure: failureView.optional(),
      headers: z.record(z.string(), z.string()).optional(),
      parentId: z.uuid().optional().describe('The job that enqueued it.'),
      redact: z.array(z.string()).describe('Paths in payload and result whose values are masked.'),
      history: z
        .enum(['all', 'failed', 'none'])
        .describe('Of which finished jobs of its kind payload, headers and result are kept.'),
      hasPayload: z.boolean(),
      hasResult: z.boolean(),
    }),
    attempts: z.array(attemptView).describe('By generation and attempt.'),
    audit: z.array(auditEntry).describe('What operators did with it, newest first, at most 100 entries.'),
    undispatchedSince: moment.optional().describe('Since when the broker is not known to have it.'),
    lag: recordingLag,
  })
  .meta({ id: 'JobDetails' });
/** All of a job but its payload, its result and its log. */
export type JobDetailsView = z.infer<typeof jobDetails>;

/** A line that a handler logged. */
export const jobLogLine = z
  .strictObject({
    generation: z.int().nonnegative(),
    attempt: z.int().positive(),
    number: z.int().positive(),
    at: moment,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'JobLogLine' });

/** The log of a job. */
export const jobLog = z.strictObject({ lines: z.array(jobLogLine) }).meta({ id: 'JobLog' });
/** The log of a job. */
export type JobLogView = z.infer<typeof jobLog>;

/** Why a job is where it is. */
export const explanation = z
  .strictObject({
    causes: z
      .array(
        z.strictObject({
          kind: z.string().describe('What to branch on.'),
          text: z.string().describe('The cause in words, without its moments.'),
          detail: z.string().optional().describe('The reason that was given for it.'),
          advice: z.string().optional().describe('What to do about it.'),
          since: moment.optional(),
          until: moment.optional(),
        }),
      )
      .min(1)
      .describe('Every cause that holds, the most important first.'),
  })
  .meta({ id: 'Explanation' });
/** Why a job is where it is. */
export type ExplanationView = z.infer<typeof explanation>;

/** Pictures among the files of a job. */
export const jobPictures = z
  .strictObject({
    pictures: z
      .array(
        z.strictObject({
          key: z.string().describe('In blob storage.'),
          contentType: z.string().describe('By its first bytes.'),
          sizeBytes: z.int().nonnegative(),
        }),
      )
      .describe('The largest first, at most 20 among the first 100 files.'),
    isMore: z.boolean().describe('Whether the job may have more.'),
  })
  .meta({ id: 'JobPictures' });
/** Pictures among the files of a job. */
export type JobPicturesView = z.infer<typeof jobPictures>;

/** What became of an action on a job. */
export const actionReceipt = z
  .strictObject({
    jobId: z.uuid(),
    queue: z.string(),
    before: jobState,
    after: jobState,
    generation: z.int().nonnegative(),
    dispatch: z.enum(['published', 'undispatched']).optional(),
    attempt: z.int().positive().optional(),
    ...awareness,
  })
  .meta({ id: 'ActionReceipt' });
/** What became of an action on a job. */
export type ActionReceiptView = z.infer<typeof actionReceipt>;
