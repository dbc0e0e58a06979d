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
import type { JobState } from '../job/states.ts';
import type { JobRecord } from './job-record.ts';

/** States in which a job waits for its next attempt. */
const WAITING: ReadonlySet<JobState> = new Set(['scheduled', 'queued', 'retrying']);

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
   * How long it was ready before it started, in milliseconds from 0: from when its job was accepted, came back to its queue, or was due. Absent
   * when that is not known, for example because an event was lost or came late. The start is a moment of the worker's clock. The
   * other moment is one of the clock of the producer, or of the worker that ran the job before; with a delay, that delay is added. The
   * difference between these clocks is part of the figure.
   */
  readonly queueWaitMs?: number;
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
  /** The machine that it runs on. */
  readonly host?: string;
}

/** Whether `event` says something that belongs to the record of its attempt: that it began, or its outcome. */
export function isAboutAttempt(event: RecordableEvent): event is StartedEvent | AnyOutcomeEvent {
  return event.type === 'started' || (changesJob(event) && event.type !== 'accepted' && isAnyOutcome(event));
}

/**
 * Since when the attempt of `event` has been ready, in milliseconds since 1970; undefined when `job` does not wait for this attempt.
 *
 * @param job What the ledger holds of the job before `event`.
 */
export function readyAtOf(
  job: JobRecord | undefined,
  event: StartedEvent | AnyOutcomeEvent,
): number | undefined {
  if (job === undefined || !WAITING.has(job.state)) return undefined;
  const isNext =
    event.attempt === job.settledAttempt + 1 && (event.generation ?? 0) === (job.generation ?? 0);
  return isNext ? (job.dueAt ?? job.updatedAt) : undefined;
}

/**
 * The record of an attempt after `event`. Pure. Of several outcomes, the first that is recorded wins; apart from that, order and repetition do
 * not matter.
 *
 * @param record What the ledger holds of the attempt of that generation; undefined when it holds nothing.
 * @param readyAt Of {@link readyAtOf}.
 */
export function attemptAfter(
  record: AttemptRecord | undefined,
  event: StartedEvent | AnyOutcomeEvent,
  readyAt?: number,
): AttemptRecord {
  const { generation = 0, attempt } = event;
  const known = record ?? { generation, attempt };
  if (known.outcome !== undefined) return known;
  if (!isAnyOutcome(event))
    return isLater(event, known)
      ? { generation, attempt, startedAt: event.at, ...waitOf(event.at, known, readyAt), ...workerOf(event) }
      : known;
  const { startedAt = known.startedAt, at: endedAt, failure } = { failure: undefined, ...event };
  return {
    generation,
    attempt,
    ...workerOf(event.workerId === undefined ? known : event),
    ...(startedAt === undefined ? {} : { startedAt, ...waitOf(startedAt, known, readyAt) }),
    endedAt,
    outcome: stateOf(event),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** What is known of a start that is known already stays. */
function waitOf(
  startedAt: number,
  known: AttemptRecord,
  readyAt: number | undefined,
): Pick<AttemptRecord, 'queueWaitMs'> {
  const queueWaitMs = readyAt === undefined ? undefined : Math.max(0, startedAt - readyAt);
  const isSame = startedAt === known.startedAt;
  const kept = (isSame ? known.queueWaitMs : undefined) ?? queueWaitMs;
  return kept === undefined ? {} : { queueWaitMs: kept };
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
  host,
}: Pick<AttemptEvent, 'workerId' | 'instanceId' | 'version' | 'host'>): Partial<AttemptRecord> {
  return {
    ...(workerId === undefined ? {} : { workerId }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(version === undefined ? {} : { version }),
    ...(host === undefined ? {} : { host }),
  };
}
