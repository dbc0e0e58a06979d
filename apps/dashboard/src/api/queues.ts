import type {
  QueueDetailsView,
  QueueListView,
  QueueReceiptView,
  QueueSummaryView,
} from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { fillSlices, type Slice } from './fill-slices.ts';
import { call } from './transport/client.ts';
import { FRESH_MS } from './transport/fresh.ts';

/** A queue as lists show it. */
export interface Queue extends Omit<QueueSummaryView, 'pause' | 'emptyAt'> {
  readonly pause: { readonly by: string; readonly reason: string | undefined; readonly at: Date } | undefined;
  readonly emptyAt: Date | undefined;
}

/** One queue and what happened in it. */
export interface QueueDetails extends Omit<QueueDetailsView, 'queue' | 'since' | 'until' | 'slices'> {
  readonly queue: Queue;
  readonly since: Date;
  readonly until: Date;
  /** Oldest first, without gaps. */
  readonly slices: readonly Slice[];
}

/** How far back the rates of a queue reach. */
export const QUEUE_RANGES = ['10m', '1h', '6h'] as const;
/** How far back the rates of a queue reach. */
export type QueueRange = (typeof QUEUE_RANGES)[number];

const REFETCH_MS = 5_000;

/** All queues, by name. */
export const queuesQuery = queryOptions({
  queryKey: ['queues'],
  queryFn: ({ signal }) => call<QueueListView>('/queues', { signal }),
  select: ({ queues, lag }: QueueListView) => ({ queues: queues.map(toQueue), lag }),
  staleTime: FRESH_MS,
  refetchInterval: REFETCH_MS,
});

/** One queue with its rates. */
export function queueQuery(queue: string, range: QueueRange) {
  return queryOptions({
    queryKey: ['queues', queue, range],
    queryFn: ({ signal }) =>
      call<QueueDetailsView>(`/queues/${encodeURIComponent(queue)}`, { query: { range }, signal }),
    select: toQueueDetails,
    staleTime: FRESH_MS,
    refetchInterval: REFETCH_MS,
  });
}

/** What is asked of a queue. */
export interface QueueControl {
  readonly queue: string;
  readonly action: 'pause' | 'resume';
  readonly reason: string | undefined;
}

/** Pauses or resumes a queue. Safe to repeat. */
export function controlQueue({ queue, action, reason }: QueueControl): Promise<QueueReceiptView> {
  return call(`/queues/${encodeURIComponent(queue)}/${action}`, { method: 'POST', body: { reason } });
}

/** A queue of the contract, with moments as dates. */
export function toQueue({ pause, emptyAt, ...view }: QueueSummaryView): Queue {
  return {
    ...view,
    pause: pause === undefined ? undefined : { by: pause.by, reason: pause.reason, at: new Date(pause.at) },
    emptyAt: emptyAt === undefined ? undefined : new Date(emptyAt),
  };
}

function toQueueDetails({ queue, since, until, slices, ...view }: QueueDetailsView): QueueDetails {
  return {
    ...view,
    queue: toQueue(queue),
    since: new Date(since),
    until: new Date(until),
    slices: fillSlices({ slices, since, until, sliceMs: view.sliceMs }),
  };
}
