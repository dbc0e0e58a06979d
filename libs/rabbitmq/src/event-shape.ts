import { isJobPriority, isUuid, type JobEvent, MAX_DELAY_MS } from '@leveret/core';
import { LAST_MOMENT } from './message-mapping.ts';

/** What a message on the event queue holds. */
export interface ReadEvents {
  readonly events: readonly JobEvent[];
  /** Why the message, or a part of it, cannot be read. */
  readonly defect?: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isMoment: Check = (value) => isNumber(value) && value >= 0 && value <= LAST_MOMENT;
const isMomentIfAny: Check = (value) => value === undefined || isMoment(value);
const isDelay: Check = (value) =>
  isNumber(value) && Number.isInteger(value) && value >= 0 && value <= MAX_DELAY_MS;
const isFraction: Check = (value) => isNumber(value) && value >= 0 && value <= 1;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
const isThere: Check = (value) => value !== undefined;
const isFailure: Check = (value) =>
  isFields(value) && isText(value['code']) && typeof value['message'] === 'string';

/** The fields of every event. */
const COMMON: Readonly<Record<string, Check>> = {
  type: isText,
  jobId: (value) => typeof value === 'string' && isUuid(value),
  kind: isText,
  queue: isText,
  attempt: isCount,
  maxAttempts: isCount,
  createdAt: isMoment,
  at: isMoment,
};

/** The fields of events of one type. A type that is not here is a newer one: whoever records it knows what to do with it. */
const OWN: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  accepted: {
    payload: isThere,
    delayMs: isDelay,
    priority: (value) => value === undefined || isJobPriority(value),
  },
  started: { workerId: isText },
  progress: { progress: isFraction },
  succeeded: { result: isThere, startedAt: isMomentIfAny },
  retried: { failure: isFailure, delayMs: isDelay, startedAt: isMomentIfAny },
  'dead-lettered': { failure: isFailure, startedAt: isMomentIfAny },
  suspected: { start: isCount },
  crashed: { failure: isFailure, crashes: isCount, delayMs: isDelay },
  snoozed: { delayMs: isDelay, snoozes: isCount },
  held: { failure: isFailure, delayMs: isDelay },
};

/** Reads a message of events. Whatever it holds, this does not throw: what can be read of it is read. */
export function readEvents(body: Buffer): ReadEvents {
  const list = parseJson(body);
  if (!Array.isArray(list)) return { events: [], defect: 'it is no list' };
  const events: JobEvent[] = [];
  let defect: string | undefined;
  for (const [index, entry] of (list as readonly unknown[]).entries()) {
    const fault = faultOf(entry);
    if (fault === undefined) events.push(entry as JobEvent);
    else defect ??= `entry ${index} is no event: ${fault}`;
  }
  return { events, ...(defect === undefined ? {} : { defect }) };
}

function faultOf(entry: unknown): string | undefined {
  if (!isFields(entry)) return 'it is no object';
  const type = String(entry['type']);
  const own = Object.hasOwn(OWN, type) ? OWN[type] : {};
  const [wrong] = Object.entries({ ...COMMON, ...own }).find(([name, isFit]) => !isFit(entry[name])) ?? [];
  return wrong === undefined ? undefined : `its ${wrong} is missing or unfit`;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
