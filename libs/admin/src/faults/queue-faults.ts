import { JOB_STATES, type JobState } from '@leveret/core';
import type { LedgerSnapshot } from '../overview/ledger-snapshots.ts';
import type { Finding } from './fault.ts';
import { ledgerOf, type Observation, type QueueDepth } from './observation.ts';
import { type WaitingLimits, waitingLimitOf } from './waiting-limits.ts';
import { toCountWords, toDurationWords } from './words.ts';

/** Broker and ledger may differ by so many jobs, or by this share of them. */
const TOLERANCE = { jobs: 100, share: 0.1 };
/** A worker fetches up to so many messages for each of its slots. */
const FETCHED_PER_SLOT = 3;
/** With a ledger that is further behind, in milliseconds, depths are not compared. */
const COMPARED_UP_TO_MS = 5_000;

/** What is wrong with queues. Pure. */
export function queueFaults(observation: Observation, limits: WaitingLimits): readonly Finding[] {
  const ledger = ledgerOf(observation);
  if (ledger === undefined) return [];
  return [
    // Workers cannot be noted in a ledger that cannot be written.
    ...(observation.isStarting || observation.store.state === 'down' ? [] : queuesWithoutWorker(ledger)),
    ...longWaits(ledger, limits),
    ...differingDepths(ledger, observation.depths ?? []),
  ];
}

function queuesWithoutWorker({ counts, workers }: LedgerSnapshot): readonly Finding[] {
  const unfinished = counts.filter(({ state }) => !JOB_STATES[state].terminal);
  return namesOf(unfinished)
    .filter((queue) => !workers.some(({ queues }) => queues.includes(queue)))
    .map((queue) => {
      const countOf = (...states: readonly JobState[]) =>
        unfinished
          .filter((count) => count.queue === queue && states.includes(count.state))
          .reduce((sum, { count }) => sum + count, 0);
      const now = countOf('queued', 'running');
      return {
        kind: 'no-worker',
        severity: now > 0 ? 'bad' : 'warn',
        text: `No worker consumes the queue ${queue}: ${toCountWords(now + countOf('scheduled', 'retrying'), 'job')} of it cannot run.`,
        subject: { queue },
        of: queue,
      };
    });
}

function longWaits({ at, oldestWaiting, pauses }: LedgerSnapshot, limits: WaitingLimits): readonly Finding[] {
  return oldestWaiting.flatMap(({ queue, readyAt }): readonly Finding[] => {
    const waitedMs = at - readyAt;
    if (waitedMs <= waitingLimitOf(limits, queue)) return [];
    const pause = pauses.find((one) => one.queue === queue);
    const waits = `the oldest job of the queue ${queue} has waited for ${toDurationWords(waitedMs)}`;
    const shared = { kind: 'waiting-too-long', subject: { queue }, of: queue } as const;
    if (pause === undefined) return [{ ...shared, severity: 'bad', text: `T${waits.slice(1)}.` }];
    return [
      {
        ...shared,
        severity: 'warn',
        text: `T${waits.slice(1)}: ${pause.by} has paused the queue.`,
        ...(pause.reason === undefined ? {} : { detail: pause.reason }),
      },
    ];
  });
}

/**
 * Queues of which the broker holds more messages than the ledger has jobs that could be on them, or fewer than jobs that must be. Retrying and scheduled jobs
 * may be on their queue when they are due, and are not when they are not. Messages that workers have fetched are not ready.
 */
function differingDepths(
  { counts, workers, lag: { behindMs = Number.POSITIVE_INFINITY } }: LedgerSnapshot,
  depths: readonly QueueDepth[],
): readonly Finding[] {
  if (behindMs > COMPARED_UP_TO_MS) return [];
  return depths.flatMap(({ queue, ready, superseded }): readonly Finding[] => {
    const countOf = (state: JobState) =>
      counts
        .filter((count) => count.queue === queue && count.state === state)
        .reduce((sum, { count }) => sum + count, 0);
    const queued = countOf('queued');
    const slots = workers
      .filter(({ queues }) => queues.includes(queue))
      .reduce((sum, { concurrency }) => sum + concurrency, 0);
    const tolerance = Math.max(TOLERANCE.jobs, queued * TOLERANCE.share) + FETCHED_PER_SLOT * slots;
    const most = queued + countOf('scheduled') + countOf('retrying') + superseded;
    if (ready >= queued - tolerance && ready <= most + tolerance) return [];
    const text = `Broker and ledger disagree about the queue ${queue}: the broker holds ${toCountWords(ready, 'message')}, and ${toCountWords(queued, 'job')} of the ledger ${queued === 1 ? 'is' : 'are'} queued.`;
    return [{ kind: 'depth-differs', severity: 'warn', text, subject: { queue }, of: queue }];
  });
}

/** The queues of some counts, each once. */
function namesOf(counts: LedgerSnapshot['counts']): readonly string[] {
  return [...new Set(counts.map(({ queue }) => queue))];
}
