import {
  type Broker,
  type Clock,
  type ControlStore,
  type JobDetails,
  type JobReader,
  LeveretError,
  SEEN_WITHIN_MS,
  withDeadline,
} from '@leveret/core';
import { isControlAway } from '../control-away.ts';
import { type Cause, causesOf } from './causes.ts';

/** How long the broker may take to say what its queues hold, in milliseconds. */
const BROKER_ANSWERS_MS = 1_000;

/** Why a job is where it is. */
export interface Explanation {
  readonly details: JobDetails;
  /** Every cause that holds, the most important first; at least one. */
  readonly causes: readonly Cause[];
}

/** What explaining works with. */
export interface ExplainOptions {
  readonly broker: Broker;
  readonly store: Pick<ControlStore, 'pauses' | 'workers'>;
  readonly reader: Pick<JobReader, 'get' | 'setAside'>;
  readonly clock: Clock;
}

/**
 * Explains a job by what ledger and broker know now: nothing is guessed from its state alone. While the broker is away, what only the broker
 * knows is left out.
 *
 * @throws {LeveretError} `JOB_NOT_FOUND`, `STORE_UNAVAILABLE`.
 */
export async function explainJob(
  jobId: string,
  { broker, store, reader, clock }: ExplainOptions,
): Promise<Explanation> {
  const details = await reader.get(jobId);
  if (details === undefined)
    throw new LeveretError('JOB_NOT_FOUND', `the ledger has no job ${jobId}`, { details: { jobId } });
  const { queue } = details.job;
  const inTime = <T>(work: Promise<T>) =>
    withDeadline(clock, BROKER_ANSWERS_MS, work, () => new Error('late')).catch(() => undefined);
  const [unroutable, pauses, workers, counts, waitingEvents, isAway] = await Promise.all([
    reader.setAside.unroutableOf(jobId),
    store.pauses(),
    store.workers(SEEN_WITHIN_MS),
    inTime(broker.inspect([queue])),
    inTime(broker.inspectEvents()),
    isControlAway(broker.live, jobId),
  ]);
  return {
    details,
    causes: causesOf({
      details,
      unroutable,
      pause: pauses.find((pause) => pause.queue === queue),
      workers,
      broker: broker.status(),
      ready: counts?.[0]?.ready,
      waitingEvents,
      isControlAway: isAway,
      now: clock.now(),
    }),
  };
}
