import { isUuid, type JobEvent } from '@leveret/core';

/** What a message on the event queue holds. */
export interface ReadEvents {
  readonly events: readonly JobEvent[];
  /** Why the message, or a part of it, cannot be read. */
  readonly defect?: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isMoment: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
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
  createdAt: isNumber,
  at: isNumber,
};

/** The fields of events of one type. A type that is not here is a newer one: whoever records it knows what to do with it. */
const OWN: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  accepted: { payload: isThere, delayMs: isMoment },
  started: { workerId: isText },
  progress: { progress: isNumber },
  succeeded: { result: isThere },
  retried: { failure: isFailure, delayMs: isMoment },
  'dead-lettered': { failure: isFailure },
  held: { failure: isFailure, delayMs: isMoment },
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
