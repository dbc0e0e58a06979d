import type { Failure } from '../errors/failure.ts';
import {
  type AnyOutcomeEvent,
  type AttemptEvent,
  changesJob,
  isAnyOutcome,
  type OutcomeState,
  type RecordableEvent,
  type StartedEvent,
  stateOf,
} from '../events/events.ts';

/** What the ledger knows of one attempt of a job. Moments are milliseconds since 1970. */
export interface AttemptRecord {
  /** From 0. */
  readonly generation: number;
  /** From 1. */
  readonly attempt: number;
  /** When it began: at its latest start, unless its outcome says otherwise. Absent when it never did, or that is not known. */
  readonly startedAt?: number;
  /** When it ended; present when `outcome` is. */
  readonly endedAt?: number;
  /**
   * Where it led. Of an attempt of an earlier generation, this is only a note: the job was superseded, and did not follow it.
   */
  readonly outcome?: OutcomeState;
  readonly failure?: Failure;
  /** The worker that made the outcome, or else the latest start. */
  readonly workerId?: string;
  /** The run of that worker, where it differs from `workerId`. */
  readonly instanceId?: string;
  /** The version of the code that it ran. */
  readonly version?: string;
}

/** Whether `event` says something that belongs to the record of its attempt: that it began, or its outcome. */
export function isAboutAttempt(event: RecordableEvent): event is StartedEvent | AnyOutcomeEvent {
  return event.type === 'started' || (changesJob(event) && event.type !== 'accepted' && isAnyOutcome(event));
}

/**
 * The record of an attempt after `event`. Pure. Of several outcomes, the first that is recorded wins; apart from that, order and repetition do
 * not matter.
 *
 * @param record What the ledger holds of the attempt of that generation; undefined when it holds nothing.
 */
export function attemptAfter(
  record: AttemptRecord | undefined,
  event: StartedEvent | AnyOutcomeEvent,
): AttemptRecord {
  const { generation = 0, attempt } = event;
  const known = record ?? { generation, attempt };
  if (known.outcome !== undefined) return known;
  if (!isAnyOutcome(event))
    return isLater(event, known) ? { ...known, startedAt: event.at, ...workerOf(event) } : known;
  const { startedAt = known.startedAt, at: endedAt, failure } = { failure: undefined, ...event };
  return {
    generation,
    attempt,
    ...workerOf(event.workerId === undefined ? known : event),
    ...(startedAt === undefined ? {} : { startedAt }),
    endedAt,
    outcome: stateOf(event),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Of two starts at the same moment, the worker decides: it must not matter which of them comes first. */
function isLater({ at, workerId, instanceId = workerId }: StartedEvent, known: AttemptRecord): boolean {
  const { startedAt = Number.NEGATIVE_INFINITY, instanceId: other = known.workerId ?? '' } = known;
  return at > startedAt || (at === startedAt && instanceId > other);
}

function workerOf({
  workerId,
  instanceId,
  version,
}: Pick<AttemptEvent, 'workerId' | 'instanceId' | 'version'>): Partial<AttemptRecord> {
  return {
    ...(workerId === undefined ? {} : { workerId }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(version === undefined ? {} : { version }),
  };
}
