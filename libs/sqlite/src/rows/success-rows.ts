import {
  isUuid,
  LAST_MOMENT,
  MAX_RESULT_BYTES,
  type RecordableEvent,
  readEvent,
  type SucceededEvent,
} from '@leveret/core';

/** Most runs that are remembered. */
const MAX_RUNS = 1_000;
/** Longest result that is carried as it is, in characters of JSON: in UTF-8, none takes more than three times as many bytes. */
const MAX_RESULT_LENGTH = Math.floor(MAX_RESULT_BYTES / 3);

/** What is the same for many jobs that succeed: which jobs they are, and who runs them. */
export type SuccessRun = readonly [
  kind: string,
  queue: string,
  maxAttempts: number,
  workerId: string,
  version: string | null,
  host: string | null,
  instanceId: string | null,
];

/**
 * All that the event says of a job of generation 0 that succeeded at its first attempt, as a list. Rows of one run share one list, which is sent to the other
 * thread once. Most jobs end so, and to write, send, read and check the event as JSON costs several times as much.
 */
export type SuccessRow = readonly [
  run: SuccessRun,
  jobId: string,
  createdAt: number,
  startedAt: number,
  at: number,
  /** JSON; `null` for the result `null`. */
  result: string | null,
];

/** A list of events on its way to the ledger: JSON, or the row of the only one. */
export type EmittedList = string | SuccessRow;

/** Creates a function that makes the row of an event; undefined for another event, and for one that `readEvent` refuses or changes. */
export function createSuccessRows(): (event: RecordableEvent) => SuccessRow | undefined {
  const runs = new Map<string, SuccessRun>();

  /** Undefined when something of the event is not valid. */
  function runOf(event: FirstSuccess): SuccessRun | undefined {
    const { kind, queue, maxAttempts, workerId, version = null, host = null } = event;
    const run = [kind, queue, maxAttempts, workerId, version, host, event.instanceId ?? null] as const;
    const name = `${kind} ${workerId}`;
    const known = runs.get(name);
    if (known?.every((value, place) => value === run[place])) return known;
    // What of an event is in its run is checked once for each run.
    const read = readEvent(event);
    if (read.kind !== 'event' || read.event !== event) return undefined;
    if (runs.size >= MAX_RUNS) runs.clear();
    runs.set(name, run);
    return run;
  }

  return (event) => {
    if (!isFirstSuccess(event)) return undefined;
    const { jobId, createdAt, startedAt, at, result } = event;
    if (!isUuid(jobId) || ![createdAt, startedAt, at].every(isMoment)) return undefined;
    const text = result === null ? null : JSON.stringify(result);
    if (text === undefined || (text !== null && text.length > MAX_RESULT_LENGTH)) return undefined;
    const run = runOf(event);
    return run && [run, jobId, createdAt, startedAt, at, text];
  };
}

/** The event of a row. */
export function toSucceededEvent([run, jobId, createdAt, startedAt, at, result]: SuccessRow): SucceededEvent {
  const [kind, queue, maxAttempts, workerId, version, host, instanceId] = run;
  return {
    type: 'succeeded',
    state: 'succeeded',
    result: result === null ? null : JSON.parse(result),
    startedAt,
    ...{ jobId, kind, queue, attempt: 1, maxAttempts, createdAt, at, workerId },
    ...(instanceId === null ? {} : { instanceId }),
    ...(version === null ? {} : { version }),
    ...(host === null ? {} : { host }),
  };
}

type FirstSuccess = SucceededEvent & { readonly startedAt: number; readonly workerId: string };

/** Rows do not say what a repetition, a later run and a worker that does not name itself say: these stay events. */
function isFirstSuccess(event: RecordableEvent): event is FirstSuccess {
  if (event.type !== 'succeeded' || event.attempt !== 1) return false;
  const { state, startedAt, workerId, generation, run, isRepeated } = event as SucceededEvent;
  const isSaid = state === 'succeeded' && startedAt !== undefined && workerId !== undefined;
  return isSaid && generation === undefined && run === undefined && isRepeated === undefined;
}

function isMoment(value: number | undefined): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LAST_MOMENT;
}
