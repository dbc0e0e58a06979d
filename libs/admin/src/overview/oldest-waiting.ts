import type { JobCount, JobReader } from '@leveret/core';

/** The job of a queue that waits longest. */
export interface OldestWaiting {
  readonly queue: string;
  /** Since when it has been ready, in milliseconds since 1970. */
  readonly readyAt: number;
}

/** Of each queue with queued jobs, the one that waits longest. */
export async function readOldestWaiting(
  reader: Pick<JobReader, 'list'>,
  counts: readonly JobCount[],
): Promise<readonly OldestWaiting[]> {
  const queues = new Set(counts.filter(({ state }) => state === 'queued').map(({ queue }) => queue));
  const found = await Promise.all(
    [...queues].map(async (queue) => {
      const filter = { queue, states: ['queued' as const] };
      const { jobs } = await reader.list({ filter, order: 'oldest-first', limit: 1 });
      return jobs.map(({ updatedAt }) => ({ queue, readyAt: updatedAt }));
    }),
  );
  return found.flat();
}
