import * as z from 'zod';
import { awareness, moment, recordingLag, stateCounts } from './common.ts';

/** Percentiles of durations, and of how many. */
export const durations = z
  .strictObject({ count: z.int().positive(), p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() })
  .meta({ id: 'Durations' });

/** What happened in a stretch of time. */
export const rate = z
  .strictObject({
    in: z.int().nonnegative(),
    succeeded: z.int().nonnegative(),
    cancelled: z.int().nonnegative(),
    expired: z.int().nonnegative(),
    dead: z.int().nonnegative(),
    failedAttempts: z.int().nonnegative(),
    queueWait: durations.optional(),
    run: durations.optional(),
  })
  .meta({ id: 'Rate' });
/** What happened in a stretch of time. */
export type RateView = z.infer<typeof rate>;

/** Since when, and by whom, a queue is paused. */
export const pause = z
  .strictObject({ by: z.string(), reason: z.string().optional(), at: moment })
  .meta({ id: 'Pause' });

/** A queue as lists show it. Rates are those of the last minute. */
export const queueSummary = z
  .strictObject({
    queue: z.string(),
    counts: stateCounts,
    oldestWaitingMs: z
      .number()
      .nonnegative()
      .optional()
      .describe('How long the job that waits longest has been ready. Absent when none waits.'),
    inPerSecond: z.number().nonnegative(),
    outPerSecond: z.number().nonnegative(),
    failureShare: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Failed attempts among those that ended. Absent when none ended.'),
    trend: z
      .array(z.number().nonnegative())
      .describe('Jobs that ended, in each of the last 30 stretches of 10 s, oldest first.'),
    workers: z.int().nonnegative(),
    slots: z.strictObject({ size: z.int().nonnegative(), busy: z.int().nonnegative() }),
    pause: pause.optional(),
    emptyAt: moment
      .optional()
      .describe('When nothing waits any more if it goes on like this. Absent when nothing waits, or never.'),
  })
  .meta({ id: 'QueueSummary' });
/** A queue as lists show it. */
export type QueueSummaryView = z.infer<typeof queueSummary>;

/** All queues, by name. */
export const queueList = z
  .strictObject({ queues: z.array(queueSummary), lag: recordingLag })
  .meta({ id: 'QueueList' });
/** All queues. */
export type QueueListView = z.infer<typeof queueList>;

/** How far back and how finely. */
export const queueRatesQuery = z.strictObject({
  range: z.enum(['10m', '1h', '6h']).default('1h'),
});

/** One queue and what happened in it. */
export const queueDetails = z
  .strictObject({
    queue: queueSummary,
    sliceMs: z.int().positive(),
    since: moment,
    until: moment,
    total: rate,
    slices: z
      .array(rate.extend({ startAt: moment }))
      .describe('Oldest first; only those in which something happened.'),
    kinds: z.array(z.strictObject({ kind: z.string(), counts: stateCounts, total: rate })),
    lag: recordingLag,
  })
  .meta({ id: 'QueueDetails' });
/** One queue and what happened in it. */
export type QueueDetailsView = z.infer<typeof queueDetails>;

/** What became of pausing or resuming a queue. */
export const queueReceipt = z
  .strictObject({ isChanged: z.boolean().describe('False when it was so already.'), ...awareness })
  .meta({ id: 'QueueReceipt' });
/** What became of pausing or resuming a queue. */
export type QueueReceiptView = z.infer<typeof queueReceipt>;
