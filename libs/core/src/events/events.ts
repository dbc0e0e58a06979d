import type { Failure } from '../errors/failure.ts';
import type { HistoryPolicy } from '../job/history-policy.ts';
import type { JobPriority } from '../job/priority.ts';
import { JOB_STATES, type JobState } from '../job/states.ts';
import type { Json } from '../json/json.ts';
import type { LoggedLine } from '../logging/logged-line.ts';

/** What every event says: which job it is about, and when and where it happened. */
export interface JobEventBase {
  readonly jobId: string;
  readonly kind: string;
  readonly queue: string;
  /** The attempt it is about, from 1. */
  readonly attempt: number;
  /** Tries the job gets in all. */
  readonly maxAttempts: number;
  /** When the job was accepted, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When it happened, in milliseconds since 1970 by the clock of whoever tells. */
  readonly at: number;
}

/** Further fields of an event of an attempt. Leveret's workers always write them; foreign workers may leave them out. */
export interface AttemptEventBase extends JobEventBase {
  /** The worker process that emits it. */
  readonly workerId?: string;
  /** Identifies this run of the worker; absent if `workerId` does. */
  readonly instanceId?: string | undefined;
  /** Version of the code that the worker runs. */
  readonly version?: string;
  /** The machine that it runs on. */
  readonly host?: string;
  /** Which run of the attempt it is about: see `runOf`. Absent for the first one, which is 0. */
  readonly run?: number | undefined;
  /** The `generation` of the message that was run. Absent for 0. */
  readonly generation?: number | undefined;
}

/** A job was taken on by the broker while the ledger could not be written: the event carries all the ledger needs. */
export interface AcceptedEvent extends JobEventBase {
  readonly type: 'accepted';
  /** The payload. */
  readonly payload: Json;
  /** How long the first attempt waits, in milliseconds. */
  readonly delayMs: number;
  /** How urgent it is; absent when it is normal. */
  readonly priority?: JobPriority;
  /** The job's headers, such as `traceparent`; absent when there are none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The job that enqueued it; absent for none. */
  readonly parentId?: string;
  /** Its tags; absent for none. */
  readonly tags?: readonly string[];
  /** The `history` of its definition; absent for `all`. */
  readonly history?: HistoryPolicy;
  /** The redacted paths of its definition; absent for none. */
  readonly redact?: readonly string[];
  /** The files and folders in blob storage that it refers to; absent for none. */
  readonly blobs?: readonly string[];
}

/** An attempt began. Best effort: it may be missing. */
export interface StartedEvent extends AttemptEventBase {
  readonly type: 'started';
  readonly workerId: string;
}

/** A handler told how far it is. Best effort, and merged: only the newest counts. */
export interface ProgressEvent extends AttemptEventBase {
  readonly type: 'progress';
  /** From 0 to 1. */
  readonly progress: number;
  /** What is done of `total`, in the handler's own unit; absent when it reported a fraction. */
  readonly done?: number;
  readonly total?: number;
  /** What it does now, in one line. */
  readonly text?: string;
}

/** A handler logged lines. Best effort: it may be missing. It moves no job. */
export interface LoggedEvent extends AttemptEventBase {
  readonly type: 'logged';
  /** Recorders that do not know the type drop it. */
  readonly bestEffort: true;
  /** In their order. */
  readonly lines: readonly LoggedLine[];
}

/**
 * Further fields of the end of an attempt. Each outcome has a `state`, the one it leads to: a recorder uses it to apply types that it does not
 * know. Leveret always writes it; the types of this version are understood without it.
 */
interface OutcomeBase extends AttemptEventBase {
  /** When the attempt began, in milliseconds since 1970; absent when it never did. `started` may be late, or be lost. */
  readonly startedAt?: number;
  /** The message was delivered before, is a copy, or follows such a one: an earlier one of its generation may still come. Absent for false. */
  readonly isRepeated?: boolean | undefined;
}

/** Largest result of a job, in bytes of JSON: it travels in an event and stays in the ledger. */
export const MAX_RESULT_BYTES = 65_536;

/** The attempt did its work. */
export interface SucceededEvent extends OutcomeBase {
  readonly type: 'succeeded';
  readonly state?: 'succeeded';
  /** What the handler returned, `null` when nothing. */
  readonly result: Json;
}

/** The attempt failed; the next one is on its way. */
export interface RetriedEvent extends OutcomeBase {
  readonly type: 'retried';
  readonly state?: 'retrying';
  readonly failure: Failure;
  /** How long the next attempt waits, in milliseconds. */
  readonly delayMs: number;
}

/** The job was given up. */
export interface DeadLetteredEvent extends OutcomeBase {
  readonly type: 'dead-lettered';
  readonly state?: 'dead';
  readonly failure: Failure;
}

/** A job is about to start that may kill its process, as an earlier start may have done. Only workers of earlier builds emit it. */
export interface SuspectedEvent extends AttemptEventBase {
  readonly type: 'suspected';
  /** Starts of this kind that were made and of which no end is known, this one included; from 1. */
  readonly start: number;
}

/** The process that ran the attempt died over it. It runs once more, as the same attempt. */
export interface CrashedEvent extends AttemptEventBase {
  readonly type: 'crashed';
  readonly failure: Failure;
  /** Deaths that the job is charged with. */
  readonly crashes: number;
  /** How long it waits, in milliseconds. */
  readonly delayMs: number;
}

/** No worker knew what to do with the job yet: it waits, and no attempt is charged. */
export interface HeldEvent extends AttemptEventBase {
  readonly type: 'held';
  readonly failure: Failure;
  /** How long it waits, in milliseconds. */
  readonly delayMs: number;
}

/** Its handler asked to run later. No attempt is charged. Confirmed like an outcome: the job may wait for a long time. */
export interface SnoozedEvent extends AttemptEventBase {
  readonly type: 'snoozed';
  /** How long it waits, in milliseconds. */
  readonly delayMs: number;
  /** How often the job was snoozed, this time included; from 1. */
  readonly snoozes: number;
}

/** A worker that stops gave the job back; no attempt is charged. */
export interface HandedBackEvent extends AttemptEventBase {
  readonly type: 'handed-back';
}

/** The attempt was aborted because its job was superseded while it ran: cancelled, or retried. */
export interface CancelledEvent extends OutcomeBase {
  readonly type: 'cancelled';
  readonly state?: 'cancelled';
}

/**
 * A message of a lower generation than the ledger's was acknowledged without being run: its job was superseded. It changes no job, and tells the ledger
 * that the message is gone. Confirmed like an outcome.
 */
export interface SupersededEvent extends AttemptEventBase {
  readonly type: 'superseded';
}

/**
 * Something that happened to a job. Outcomes ({@link isOutcome}) are confirmed before the delivery is acknowledged and
 * never dropped; all others are best effort.
 */
export type JobEvent =
  | AcceptedEvent
  | StartedEvent
  | ProgressEvent
  | LoggedEvent
  | SucceededEvent
  | RetriedEvent
  | DeadLetteredEvent
  | SuspectedEvent
  | CrashedEvent
  | HeldEvent
  | SnoozedEvent
  | HandedBackEvent
  | CancelledEvent
  | SupersededEvent;

/** An event that ends an attempt. */
export type OutcomeEvent = SucceededEvent | RetriedEvent | DeadLetteredEvent | CancelledEvent;

/** An outcome of a type that only a newer version knows. It is applied by its `state`. */
export interface ForeignOutcomeEvent extends OutcomeBase {
  readonly type: string;
  readonly state: OutcomeState;
  readonly failure?: Failure;
  readonly result?: Json;
  /** When the job runs next, in milliseconds since 1970, or how long it waits from `at` on. */
  readonly dueAt?: number;
  readonly delayMs?: number;
}

/** A state that an outcome can lead to. */
export type OutcomeState = Exclude<JobState, 'running'>;

/** An event that a ledger can apply. */
export type RecordableEvent = JobEvent | ForeignOutcomeEvent;
/** An event that ends an attempt, of whatever type. */
export type AnyOutcomeEvent = OutcomeEvent | ForeignOutcomeEvent;
/** An event that changes a job: any but that of a superseded message. */
export type JobChangingEvent = Exclude<RecordableEvent, SupersededEvent>;
/** An event of an attempt that may move its job: any that can be applied but the acceptance of a job and what a handler logged. */
export type AttemptEvent = Exclude<JobChangingEvent, AcceptedEvent | LoggedEvent>;

/** Where the outcomes of this version lead to. */
const OUTCOME_STATES: Readonly<Record<OutcomeEvent['type'], OutcomeState>> = {
  succeeded: 'succeeded',
  retried: 'retrying',
  'dead-lettered': 'dead',
  cancelled: 'cancelled',
};

/** Every type of event that this version knows. */
const EVENT_TYPES: Readonly<Record<JobEvent['type'], true>> = {
  accepted: true,
  started: true,
  progress: true,
  logged: true,
  succeeded: true,
  retried: true,
  'dead-lettered': true,
  suspected: true,
  crashed: true,
  held: true,
  snoozed: true,
  'handed-back': true,
  cancelled: true,
  superseded: true,
};

/** Whether this version knows the type of `event`. */
export function isKnownEvent(event: RecordableEvent): event is JobEvent {
  return isKnownType(event.type);
}

/** Whether this version knows events of this type. */
export function isKnownType(type: string): type is JobEvent['type'] {
  return Object.hasOwn(EVENT_TYPES, type);
}

/** Whether events of this type end an attempt. */
export function isOutcomeType(type: JobEvent['type']): type is OutcomeEvent['type'] {
  return Object.hasOwn(OUTCOME_STATES, type);
}

/** Whether `event` ends an attempt, and its type is known. */
export function isOutcome(event: RecordableEvent): event is OutcomeEvent {
  return isKnownEvent(event) && isOutcomeType(event.type);
}

/** Whether `event` changes a job. */
export function changesJob(event: RecordableEvent): event is JobChangingEvent {
  return event.type !== 'superseded';
}

/** Whether `event` is the acceptance of a job. */
export function isAccepted(event: RecordableEvent): event is AcceptedEvent {
  return event.type === 'accepted';
}

/** Whether `event` says what a handler logged. */
export function isLogged(event: RecordableEvent): event is LoggedEvent {
  return event.type === 'logged';
}

/** Whether `event` ends an attempt. Of the types that this version does not know, only those of outcomes can be applied. */
export function isAnyOutcome(event: RecordableEvent): event is AnyOutcomeEvent {
  return !isKnownEvent(event) || isOutcome(event);
}

/** The state that an outcome leads to. */
export function stateOf(event: AnyOutcomeEvent): OutcomeState {
  return event.state ?? OUTCOME_STATES[event.type as OutcomeEvent['type']];
}

/** How long after `event` the next message of its job is due, in milliseconds; undefined when it does not say that one follows. */
export function nextDueInMs(event: RecordableEvent): number | undefined {
  if ('dueAt' in event && event.dueAt !== undefined) return event.dueAt - event.at;
  return 'delayMs' in event ? event.delayMs : undefined;
}

/** The generation that `event` is about. */
export function generationOf(event: RecordableEvent): number {
  return ('generation' in event ? event.generation : undefined) ?? 0;
}

/**
 * Whether nothing follows the message that `event` is about: it is acknowledged, no other one is made of it, and it is not a repetition of one that may
 * still come.
 */
export function endsMessage(event: RecordableEvent): boolean {
  if (!changesJob(event)) return true;
  return isAnyOutcome(event) && event.isRepeated !== true && JOB_STATES[stateOf(event)].terminal;
}
