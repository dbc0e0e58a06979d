import { type Clock, type ControlStore, type JobCount, type JobReader, SEEN_WITHIN_MS } from '@leveret/core';
import type { QueueSummaryView } from '@leveret/http-contract/admin';
import { RATES_MS, SLICE_MS } from '../../overview/ledger-snapshots.ts';
import { queueNamesOf, toQueueSummaries } from '../../queues/queue-summaries.ts';

/** What is read to summarize queues. */
export interface QueueReaders {
  readonly reader: Pick<JobReader, 'counts' | 'activity'>;
  readonly store: Pick<ControlStore, 'pauses' | 'workers'>;
  readonly clock: Clock;
}

/** What is known of all queues. */
export interface KnownQueues {
  /** By name. */
  readonly queues: readonly QueueSummaryView[];
  /** Exact counts of all jobs. */
  readonly counts: readonly JobCount[];
}

/** Reads what is known of all queues: those that have jobs, workers or a pause. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function readQueues(readers: QueueReaders): Promise<KnownQueues> {
  const { reader, clock } = readers;
  const now = clock.now();
  const [facts, oldestWaiting, rates] = await Promise.all([
    readFacts(readers),
    reader.activity.oldestWaiting(now),
    reader.activity.rates({ since: now - RATES_MS, sliceMs: SLICE_MS }),
  ]);
  return { queues: toQueueSummaries({ ...facts, oldestWaiting, rates, now }), counts: facts.counts };
}

/** Whether there is a queue of this name: one that has jobs, a worker or a pause. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function hasQueue(readers: Omit<QueueReaders, 'clock'>, queue: string): Promise<boolean> {
  return queueNamesOf(await readFacts(readers)).includes(queue);
}

async function readFacts({ reader, store }: Omit<QueueReaders, 'clock'>) {
  const [counts, pauses, workers] = await Promise.all([
    reader.counts(),
    store.pauses(),
    store.workers(SEEN_WITHIN_MS),
  ]);
  return { counts, pauses, workers };
}
