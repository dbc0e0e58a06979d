/** How urgent a job can be, most urgent first. */
export const JOB_PRIORITIES = ['high', 'normal', 'low'] as const;

/** How urgent a job is among those of its queue. Jobs of one priority wait in a lane of their own. */
export type JobPriority = (typeof JOB_PRIORITIES)[number];

/** The priority of a job that says nothing of it. */
export const DEFAULT_PRIORITY: JobPriority = 'normal';

/**
 * How often each lane has its turn while jobs wait in all of them: of 21 jobs that are begun, 16, 4 and 1. Far enough apart that
 * urgent work is hardly held up, and none is 0, so that nothing waits for ever.
 */
export const LANE_WEIGHTS: Readonly<Record<JobPriority, number>> = { high: 16, normal: 4, low: 1 };

/** Whether `text` is a priority. */
export function isJobPriority(text: unknown): text is JobPriority {
  return JOB_PRIORITIES.some((priority) => priority === text);
}

/** @throws {RangeError} for what is no priority. */
export function requirePriority(priority: unknown): void {
  if (!isJobPriority(priority))
    throw new RangeError(`priority must be one of ${JOB_PRIORITIES.join(', ')}, got "${String(priority)}"`);
}
