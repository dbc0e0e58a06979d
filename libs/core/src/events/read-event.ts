import { safeText } from '../errors/failure.ts';
import { readFailure } from '../errors/failure-details.ts';
import { isJobBlob, MAX_JOB_BLOBS } from '../files/job-blobs.ts';
import { isHistoryPolicy } from '../job/history-policy.ts';
import { isUuid } from '../job/ids.ts';
import { isJobKind, isQueueName } from '../job/names.ts';
import { isJobPriority } from '../job/priority.ts';
import { toProgressText } from '../job/progress.ts';
import { JOB_STATES } from '../job/states.ts';
import { isTag, MAX_TAGS } from '../job/tags.ts';
import { type LoggedLine, MAX_LOGGED_LINES, toLoggedLine } from '../logging/logged-line.ts';
import type { LogLevel } from '../logging/logger.ts';
import { isRedactedPath, MAX_REDACTED_PATHS } from '../payload/redaction.ts';
import { MAX_DELAY_MS } from '../settlement/retry-policy.ts';
import {
  isKnownEvent,
  isKnownType,
  isOutcomeType,
  type JobEvent,
  MAX_RESULT_BYTES,
  type RecordableEvent,
} from './events.ts';

/** The last moment that can be shown as a date of four-digit years, in milliseconds since 1970. */
export const LAST_MOMENT = 253_402_300_799_999;

/** What an entry of a list of events is. */
export type ReadEvent =
  | { readonly kind: 'event'; readonly event: RecordableEvent }
  /** Only a newer version knows what it means. It may be dropped if it is marked as best effort. */
  | {
      readonly kind: 'unknown';
      readonly type: string;
      readonly isBestEffort: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'defect'; readonly reason: string };

/** Texts in which a worker says who it is, and the most that is kept of each, in characters. */
const WORKER_TEXTS = ['workerId', 'instanceId', 'version', 'host'] as const;
const MAX_WORKER_TEXT = 200;
/** Fields that are moments. */
const MOMENTS = ['at', 'createdAt', 'startedAt', 'dueAt'] as const;
/** Levels of lines that handlers log. */
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Most of an unknown value that is quoted, in characters. */
const MAX_QUOTED = 60;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;
type Checks = Readonly<Record<string, Check>>;

const isId: Check = (value) => typeof value === 'string' && isUuid(value);
const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isMoment: Check = (value) => typeof value === 'number' && value >= 0 && value <= LAST_MOMENT;
const isDelay: Check = (value) => isNatural(value) && (value as number) <= MAX_DELAY_MS;
const isFraction: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const isNatural: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCount: Check = (value) => isNatural(value) && value !== 0;
const isAmount: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const isThere: Check = (value) => value !== undefined;
const isHeaders: Check = (value) =>
  isFields(value) && Object.values(value).every((text) => typeof text === 'string');
const isTags: Check = (value) => Array.isArray(value) && value.length <= MAX_TAGS && value.every(isTag);
const isRedact: Check = (value) =>
  Array.isArray(value) && value.length <= MAX_REDACTED_PATHS && value.every(isRedactedPath);
const isBlobs: Check = (value) =>
  Array.isArray(value) && value.length <= MAX_JOB_BLOBS && value.every(isJobBlob);
const isLevel: Check = (value) => LEVELS.includes(value as LogLevel);
const isLine: Check = (value) =>
  isFields(value) &&
  isCount(value['number']) &&
  isMoment(value['at']) &&
  isLevel(value['level']) &&
  typeof value['message'] === 'string';
const isLines: Check = (value) => Array.isArray(value) && value.every(isLine);
const isFailure: Check = (value) =>
  isFields(value) && isText(value['code']) && typeof value['message'] === 'string';

/** The fields of every event. */
const COMMON: Checks = {
  type: isText,
  jobId: isId,
  kind: (value) => typeof value === 'string' && isJobKind(value),
  queue: (value) => typeof value === 'string' && isQueueName(value),
  attempt: isCount,
  maxAttempts: isCount,
  createdAt: isMoment,
  at: isMoment,
  run: orAbsent(isNatural),
  generation: orAbsent(isNatural),
};

/** The fields of an outcome of any type. */
const OUTCOME: Checks = {
  ...COMMON,
  startedAt: orAbsent(isMoment),
  failure: orAbsent(isFailure),
  delayMs: orAbsent(isDelay),
  dueAt: orAbsent(isMoment),
  isRepeated: orAbsent((value) => typeof value === 'boolean'),
};

/** All fields of events, by type. */
const CHECKS: Readonly<Record<JobEvent['type'], Checks>> = {
  accepted: {
    ...COMMON,
    payload: isThere,
    delayMs: isDelay,
    priority: orAbsent(isJobPriority),
    headers: orAbsent(isHeaders),
    parentId: orAbsent(isId),
    tags: orAbsent(isTags),
    history: orAbsent(isHistoryPolicy),
    redact: orAbsent(isRedact),
    blobs: orAbsent(isBlobs),
  },
  started: { ...COMMON, workerId: isText },
  progress: { ...COMMON, progress: isFraction, done: orAbsent(isAmount), total: orAbsent(isAmount) },
  logged: { ...COMMON, lines: isLines },
  succeeded: { ...OUTCOME, result: isThere },
  retried: { ...OUTCOME, failure: isFailure, delayMs: isDelay },
  'dead-lettered': { ...OUTCOME, failure: isFailure },
  suspected: { ...COMMON, start: isCount },
  crashed: { ...COMMON, failure: isFailure, crashes: isCount, delayMs: isDelay },
  held: { ...COMMON, failure: isFailure, delayMs: isDelay },
  snoozed: { ...COMMON, delayMs: isDelay, snoozes: isCount },
  'handed-back': COMMON,
  cancelled: OUTCOME,
  superseded: COMMON,
};

/**
 * Reads an entry of a list of events, whatever it is. An event of a type that is not known here can be applied all the same when it is
 * an outcome, which is one that has a `state`.
 */
export function readEvent(entry: unknown): ReadEvent {
  if (!isFields(entry)) return { kind: 'defect', reason: 'it is not an object' };
  const { type, state } = entry as { readonly type?: unknown; readonly state?: unknown };
  const isKnown = typeof type === 'string' && isKnownType(type);
  const isOutcome = isKnown ? isOutcomeType(type) : state !== undefined;
  const fault = faultIn(entry, isKnown ? CHECKS[type] : isOutcome ? OUTCOME : COMMON);
  if (fault !== undefined) return { kind: 'defect', reason: `its ${fault} is missing or invalid` };
  const isBestEffort = entry['bestEffort'] === true;
  const unknown = (name: string, value: unknown): ReadEvent => ({
    kind: 'unknown',
    type: String(type),
    isBestEffort,
    reason: `this version does not know its ${name} ${JSON.stringify(value).slice(0, MAX_QUOTED)}`,
  });
  if (!isKnown && !isOutcome) return unknown('type', type);
  if (isOutcome && state !== undefined && !isOutcomeState(state)) return unknown('state', state);
  return { kind: 'event', event: bounded(entry) as unknown as RecordableEvent };
}

/** Another process may write anything: what is kept has the bounds of what Leveret writes. */
function bounded(entry: Fields): Fields {
  const kept: Record<string, unknown> = {};
  for (const name of WORKER_TEXTS) {
    const text = entry[name];
    if (text === undefined || (typeof text === 'string' && text.length <= MAX_WORKER_TEXT)) continue;
    kept[name] = typeof text === 'string' ? safeText(text, MAX_WORKER_TEXT) : undefined;
  }
  for (const name of MOMENTS) {
    const moment = entry[name];
    if (typeof moment === 'number' && !Number.isInteger(moment)) kept[name] = Math.floor(moment);
  }
  if (entry['failure'] !== undefined) kept['failure'] = readFailure(entry['failure']);
  if (entry['type'] === 'progress' && entry['text'] !== undefined)
    kept['text'] = toProgressText(entry['text']);
  if (entry['type'] === 'logged') kept['lines'] = boundedLines(entry['lines'] as readonly LoggedLine[]);
  if (isLargerThan(entry['result'], MAX_RESULT_BYTES)) kept['result'] = null;
  return Object.keys(kept).length === 0 ? entry : { ...entry, ...kept };
}

function boundedLines(lines: readonly LoggedLine[]): readonly LoggedLine[] {
  return lines.slice(0, MAX_LOGGED_LINES).map((line) => toLoggedLine({ ...line, at: Math.floor(line.at) }));
}

function isLargerThan(data: unknown, maxBytes: number): boolean {
  if (data === null || data === undefined || typeof data === 'number' || typeof data === 'boolean')
    return false;
  return new TextEncoder().encode(JSON.stringify(data)).byteLength > maxBytes;
}

/** The entries of a list of events as it travels: JSON. What is no list is one entry, which is its text. Never throws. */
export function readEventList(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [text];
  } catch {
    return [text];
  }
}

/** Of the entries of a list, the events that this version knows. */
export function knownEvents(entries: readonly unknown[]): readonly JobEvent[] {
  return entries.flatMap((entry) => {
    const read = readEvent(entry);
    return read.kind === 'event' && isKnownEvent(read.event) ? [read.event] : [];
  });
}

function faultIn(entry: Fields, checks: Checks): string | undefined {
  for (const name in checks) if (checks[name]?.(entry[name]) === false) return name;
  return undefined;
}

function isOutcomeState(state: unknown): boolean {
  return typeof state === 'string' && Object.hasOwn(JOB_STATES, state) && state !== 'running';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function orAbsent(check: Check): Check {
  return (value) => value === undefined || check(value);
}
