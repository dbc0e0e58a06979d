import type { WorkerListView, WorkerView } from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';
import { FRESH_MS } from './transport/fresh.ts';

type LoadView = NonNullable<WorkerView['load']>;

/** A job that a worker runs. */
export interface RunningJob extends Omit<LoadView['running'][number], 'startedAt'> {
  readonly startedAt: Date;
}

/** What a worker reported last. */
export interface WorkerLoad extends Omit<LoadView, 'running'> {
  readonly running: readonly RunningJob[];
}

/** A worker process that was seen lately. */
export interface Worker extends Omit<WorkerView, 'startedAt' | 'seenAt' | 'load'> {
  readonly startedAt: Date;
  readonly seenAt: Date;
  /** Undefined until it has reported. */
  readonly load: WorkerLoad | undefined;
}

const REFETCH_MS = 5_000;

/** All workers that were seen lately, by `workerId`. */
export const workersQuery = queryOptions({
  queryKey: ['workers'],
  queryFn: ({ signal }) => call<WorkerListView>('/workers', { signal }),
  select: ({ workers }: WorkerListView) => workers.map(toWorker),
  staleTime: FRESH_MS,
  refetchInterval: REFETCH_MS,
});

function toWorker({ startedAt, seenAt, load, ...view }: WorkerView): Worker {
  return {
    ...view,
    startedAt: new Date(startedAt),
    seenAt: new Date(seenAt),
    load:
      load === undefined
        ? undefined
        : { ...load, running: load.running.map((job) => ({ ...job, startedAt: new Date(job.startedAt) })) },
  };
}
