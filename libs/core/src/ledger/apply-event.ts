import { comparePositions, type EventPosition, newestOf, positionOf } from '../events/event-position.ts';
import {
  type AcceptedEvent,
  type AnyOutcomeEvent,
  type AttemptEvent,
  changesJob,
  isAccepted,
  isAnyOutcome,
  isLogged,
  type JobEventBase,
  nextDueInMs,
  type ProgressEvent,
  type RecordableEvent,
  stateOf,
} from '../events/events.ts';
import { keepsBody } from '../job/history-policy.ts';
import { DEFAULT_PRIORITY } from '../job/priority.ts';
import { FINAL_STATES, JOB_STATES } from '../job/states.ts';
import { type Acceptance, type JobRecord, type ProgressDetails, toRecord } from './job-record.ts';

/**
 * The record after `event`. Pure, and the only place where an event changes a job. Events may come late, twice and in any order, and
 * events that are not outcomes may be lost. The same events always lead to the same record.
 *
 * - The event that happened last, by {@link comparePositions}, decides the state and what belongs to it. An older one only adds what
 *   is missing: when the attempt began, and why the newest failed attempt failed.
 * - An event of a lower generation than the record's changes nothing, and one of a higher generation begins anew.
 * - The first outcome that is recorded for an attempt of a generation wins.
 * - What a handler logged changes nothing: the lines are kept apart from the record.
 * - A `superseded` event is about a message that is gone: it changes no job, and a ledger enters none for it.
 * - A job in one of the {@link FINAL_STATES} stays so. A `dead` one is moved by an event of a later attempt: it was sent again.
 * - Payload, headers and result of a finished job go when its `history` says so.
 *
 * @param record What the ledger holds, or undefined when it never heard of the job.
 */
export function applyEvent(record: JobRecord | undefined, event: RecordableEvent): JobRecord {
  return withoutUnkept(changed(record, event));
}

function changed(record: JobRecord | undefined, event: RecordableEvent): JobRecord {
  if (!changesJob(event) || isLogged(event)) return record ?? unseenRecord(event);
  if (isAccepted(event)) return record === undefined ? toRecord(acceptanceOf(event)) : filled(record, event);
  return applyAt(record, event, positionOf(event));
}

/** As {@link applyEvent} does, with `event` standing at `position` among those of its job. */
export function applyAt(
  record: JobRecord | undefined,
  event: AttemptEvent,
  position: EventPosition,
): JobRecord {
  const before = record ?? unseenRecord(event);
  const { generation = 0 } = event;
  if (generation < (before.generation ?? 0)) return before;
  const known = generation > (before.generation ?? 0) ? renewed(before, event) : before;
  // `readEvent` lets none through that has neither a type that is known nor a state.
  if (isAnyOutcome(event) && stateOf(event) === undefined) return known;
  if (isNewer(known, position)) return isFinal(known) ? known : moved(known, event, position);
  return completed(known, event, position);
}

function acceptanceOf(event: AcceptedEvent): Acceptance {
  const { jobId: id, kind, queue, priority = DEFAULT_PRIORITY, maxAttempts, createdAt } = event;
  const { delayMs, payload, headers, parentId, tags, history, redact } = event;
  const acceptance = { id, kind, queue, priority, maxAttempts, createdAt, delayMs, payload };
  return {
    ...acceptance,
    ...(headers === undefined ? {} : { headers }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(tags === undefined ? {} : { tags }),
    ...(history === undefined ? {} : { history }),
    ...(redact === undefined ? {} : { redact }),
  };
}

/** The record without the body that the history policy of its job does not keep. */
function withoutUnkept(record: JobRecord): JobRecord {
  if (keepsBody(record.history, record.state)) return record;
  const { payload, headers, result, ...kept } = record;
  return payload === undefined && headers === undefined && result === undefined ? record : kept;
}

/** The job is known from a dead letter, which has neither tags nor policies. */
function withAcceptance(record: JobRecord, event: AcceptedEvent): JobRecord {
  const { parentId, tags, history, redact } = event;
  const missing = {
    ...(record.parentId !== undefined || parentId === undefined ? {} : { parentId }),
    ...(record.tags !== undefined || tags === undefined ? {} : { tags }),
    ...(record.history !== undefined || history === undefined ? {} : { history }),
    ...(record.redact !== undefined || redact === undefined ? {} : { redact }),
  };
  return Object.keys(missing).length === 0 ? record : { ...record, ...missing };
}

/** The acceptance came late: the state is known from later events. */
function filled(record: JobRecord, event: AcceptedEvent): JobRecord {
  const { payload, priority, headers, parentId, tags, history, redact } = event;
  if (record.payload !== undefined) return withAcceptance(record, event);
  return {
    ...record,
    payload,
    ...(priority === undefined || priority === DEFAULT_PRIORITY ? {} : { priority }),
    ...(headers === undefined ? {} : { headers }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(tags === undefined ? {} : { tags }),
    ...(history === undefined ? {} : { history }),
    ...(redact === undefined ? {} : { redact }),
  };
}

function unseenRecord({ jobId: id, kind, queue, maxAttempts, createdAt }: JobEventBase): JobRecord {
  return {
    id,
    kind,
    queue,
    state: 'queued',
    attempt: 0,
    maxAttempts,
    settledAttempt: 0,
    createdAt,
    updatedAt: createdAt,
  };
}

/** The ledger did not know of this generation: what earlier ones did does not count for it. */
function renewed(record: JobRecord, event: AttemptEvent): JobRecord {
  const { kind, queue, priority, createdAt, payload, headers, parentId, tags, history, redact } = record;
  return {
    ...unseenRecord(event),
    ...{ kind, queue, createdAt, updatedAt: createdAt },
    ...(event.generation === undefined ? {} : { generation: event.generation }),
    ...(priority === undefined ? {} : { priority }),
    ...(payload === undefined ? {} : { payload }),
    ...(headers === undefined ? {} : { headers }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(tags === undefined ? {} : { tags }),
    ...(history === undefined ? {} : { history }),
    ...(redact === undefined ? {} : { redact }),
  };
}

function isFinal({ state }: JobRecord): boolean {
  return FINAL_STATES.includes(state);
}

function isNewer(record: JobRecord, position: EventPosition): boolean {
  const newest = newestOf(record);
  return newest === undefined || comparePositions(position, newest) > 0;
}

/** The record after an event that is newer than all before it. What belongs to its last state goes. */
function moved(record: JobRecord, event: AttemptEvent, position: EventPosition): JobRecord {
  const { id, kind, queue, priority, createdAt, generation, payload, headers, failure, failurePosition } =
    record;
  const { attempt, startedAt } = beginningAfter(record, event);
  const standing = standingAfter(record, event);
  const { state, dueAt, progress, progressDetails, runsOn, suspectStarts, finishedAt, result } = standing;
  const next = present<JobRecord>({
    id,
    kind,
    queue,
    priority,
    state,
    attempt,
    maxAttempts: event.maxAttempts,
    attemptBudget: record.attemptBudget,
    settledAttempt: settledAfter(record, event),
    createdAt,
    generation,
    updatedAt: Math.max(record.updatedAt, event.at),
    startedAt,
    finishedAt,
    dueAt,
    progress,
    progressDetails,
    runsOn,
    workerId: event.workerId,
    suspectStarts,
    payload,
    result,
    failure,
    headers,
    parentId: record.parentId,
    tags: record.tags,
    history: record.history,
    redact: record.redact,
    newest: position.phase === 'outcome' ? undefined : position,
    failurePosition,
  });
  return withFailureOf(next, event, position);
}

/** The record after an event that is older than the newest, or is that one again. */
function completed(record: JobRecord, event: AttemptEvent, position: EventPosition): JobRecord {
  const beginning = beginningAfter(record, event);
  const settledAttempt = settledAfter(record, event);
  const isSame =
    beginning.attempt === record.attempt &&
    beginning.startedAt === record.startedAt &&
    settledAttempt === record.settledAttempt;
  const { startedAt: _started, ...rest } = record;
  const next = isSame ? record : { ...rest, ...beginning, settledAttempt };
  return withFailureOf(withProgressOf(next, event, position), event, position);
}

type Beginning = Pick<JobRecord, 'attempt' | 'startedAt'>;

/** Which attempt is the newest that began, and when: at its latest start, unless its outcome says otherwise. */
function beginningAfter(record: JobRecord, event: AttemptEvent): Beginning {
  const { attempt, startedAt, newest, settledAttempt } = record;
  const known: Beginning = startedAt === undefined ? { attempt } : { attempt, startedAt };
  if (event.type === 'held' || event.attempt < attempt) return known;
  const start = startOf(event);
  if (event.attempt > attempt)
    return start === undefined ? { attempt: event.attempt } : { attempt: event.attempt, startedAt: start };
  const isSaid = startedAt !== undefined && newest === undefined && settledAttempt >= attempt;
  if (start === undefined || isSaid) return known;
  return { attempt, startedAt: isAnyOutcome(event) ? start : Math.max(startedAt ?? 0, start) };
}

function startOf(event: AttemptEvent): number | undefined {
  if (isAnyOutcome(event)) return event.startedAt;
  return event.type === 'started' || event.type === 'suspected' ? event.at : undefined;
}

/** An event of an attempt proves that the one before it has ended. */
function settledAfter({ settledAttempt }: JobRecord, event: AttemptEvent): number {
  return Math.max(settledAttempt, isAnyOutcome(event) ? event.attempt : event.attempt - 1);
}

/** A state, and what belongs to it alone. */
type Standing = Pick<JobRecord, 'state'> &
  Partial<
    MaybeAbsent<
      Pick<
        JobRecord,
        'dueAt' | 'progress' | 'progressDetails' | 'runsOn' | 'suspectStarts' | 'finishedAt' | 'result'
      >
    >
  >;

function standingAfter(record: JobRecord, event: AttemptEvent): Standing {
  if (isAnyOutcome(event)) return outcomeStanding(event);
  switch (event.type) {
    case 'started':
      return { state: 'running', runsOn: runsOnAfter(record, event), suspectStarts: startsOf(record, event) };
    case 'suspected':
      return { state: 'running', suspectStarts: Math.max(event.start, startsOf(record, event) ?? 0) };
    case 'progress':
      return {
        state: 'running',
        progress: event.progress,
        progressDetails: detailsOf(event),
        runsOn: runsOnAfter(record, event),
        suspectStarts: startsOf(record, event),
      };
    case 'crashed':
    case 'held':
      return { state: 'queued', dueAt: event.at + event.delayMs };
    case 'snoozed':
      return { state: 'scheduled', dueAt: event.at + event.delayMs };
    case 'handed-back':
      return { state: 'queued' };
  }
}

function outcomeStanding(event: AnyOutcomeEvent): Standing {
  const state = stateOf(event);
  if (!JOB_STATES[state].terminal) return { state, dueAt: dueAtOf(event) };
  const result = state === 'succeeded' && 'result' in event ? event.result : undefined;
  return { state, finishedAt: event.at, result };
}

function dueAtOf(event: AnyOutcomeEvent): number | undefined {
  const dueInMs = nextDueInMs(event);
  return dueInMs === undefined ? undefined : event.at + dueInMs;
}

/** Foreign workers do not say with their progress who they are. */
function runsOnAfter(record: JobRecord, { instanceId, workerId, attempt }: AttemptEvent): string | undefined {
  return instanceId ?? workerId ?? (attempt === record.attempt ? record.runsOn : undefined);
}

/** A start says nothing about how earlier ones ended; those of an attempt before have ended: there would be no next one. */
function startsOf({ attempt, suspectStarts }: JobRecord, event: AttemptEvent): number | undefined {
  return attempt === event.attempt ? suspectStarts : undefined;
}

/** Of progress that was reported within one millisecond, the furthest counts; of equal progress the details decide. */
function withProgressOf(record: JobRecord, event: AttemptEvent, position: EventPosition): JobRecord {
  if (isAnyOutcome(event) || event.type !== 'progress' || record.newest === undefined) return record;
  if (comparePositions(position, record.newest) !== 0 || !isFurther(record, event)) return record;
  const { progressDetails: _before, ...rest } = record;
  const progressDetails = detailsOf(event);
  return {
    ...rest,
    progress: event.progress,
    ...(progressDetails === undefined ? {} : { progressDetails }),
  };
}

function isFurther({ progress = 0, progressDetails }: JobRecord, event: ProgressEvent): boolean {
  const textOf = (details: ProgressDetails = {}) => JSON.stringify(details);
  return event.progress === progress
    ? textOf(detailsOf(event)) > textOf(progressDetails)
    : event.progress > progress;
}

/** What a handler said besides how far it is; undefined for nothing. */
function detailsOf({ done, total, text }: ProgressEvent): ProgressDetails | undefined {
  if (done === undefined && total === undefined && text === undefined) return undefined;
  return present<ProgressDetails>({ done, total, text });
}

/** Why the newest failed attempt failed. A job that succeeded has no failure. */
function withFailureOf(record: JobRecord, event: AttemptEvent, position: EventPosition): JobRecord {
  if (record.state === 'succeeded') return withoutFailure(record);
  if (!('failure' in event) || event.failure === undefined) return record;
  const { failurePosition: before } = record;
  if (before !== undefined && comparePositions(position, before) <= 0) return record;
  return { ...record, failure: event.failure, failurePosition: position };
}

function withoutFailure(record: JobRecord): JobRecord {
  if (record.failure === undefined && record.failurePosition === undefined) return record;
  const { failure: _failure, failurePosition: _position, ...rest } = record;
  return rest;
}

type MaybeAbsent<T> = { readonly [Name in keyof T]: T[Name] | undefined };

/** The fields that have a value. Several times as fast as spreading into a literal what has one. */
function present<T extends object>(fields: MaybeAbsent<Required<T>>): T {
  const kept: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name] as T[typeof name];
  return kept as T;
}
