import {
  DEFAULT_PRIORITY,
  type DeadLetter,
  type Failure,
  isJobPriority,
  JOB_PRIORITIES,
  type JobPriority,
  toFailure,
} from '@leveret/core';
import type { Names } from '../topology/names.ts';
import type { RawDelivery } from './delivery-reader.ts';
import {
  DELIVERY_COUNT,
  type Defaults,
  PRIORITY,
  readFailureHeaders,
  toReceived,
} from './message-mapping.ts';

/** Headers that a dead letter has each time another value in: the broker counts there how often it was delivered. */
const COUNTS: ReadonlySet<string> = new Set([DELIVERY_COUNT, 'x-acquired-count']);
/** Where the broker says which queues it moved a message out of, and why. */
const DEATHS = 'x-death';

/** What mapping works with. */
export interface DeadLetterContext extends Omit<Defaults, 'priority'> {
  readonly names: Names;
}

/** That the broker moved a message out of a queue of jobs. */
interface Death {
  readonly priority: JobPriority;
  /** The queue's name in the broker. */
  readonly queueName: string;
  readonly reason: string;
}

/** Reads a dead letter, whoever made it. Whatever it holds, this does not throw. @param isAgain Whether it was read before. */
export function toDeadLetter(
  raw: RawDelivery,
  { names, ...context }: DeadLetterContext,
  isAgain: boolean,
): DeadLetter {
  const headers = raw.properties.headers ?? {};
  const death = deathIn(headers, names, context.queue);
  const priority = isJobPriority(headers[PRIORITY])
    ? headers[PRIORITY]
    : (death?.priority ?? DEFAULT_PRIORITY);
  const { message, defect } = toReceived(raw, { ...context, priority });
  return {
    message,
    ...(defect === undefined ? {} : { defect }),
    failure: readFailureHeaders(headers) ?? failureOfDeath(death),
    properties: toPropertiesText(raw),
    isReturned: raw.fields.redelivered || isAgain,
  };
}

/** The broker's name of the queue that a message was moved out of last. */
export function newestDeathOf(headers: Headers): string | undefined {
  const [newest] = deathsIn(headers);
  return newest === undefined ? undefined : String(newest.queue);
}

type Headers = Readonly<Record<string, unknown>>;

/** What the broker says of the queues that it moved a message out of. */
function deathsIn(headers: Headers): readonly { readonly queue?: unknown; readonly reason?: unknown }[] {
  const deaths: readonly unknown[] = Array.isArray(headers[DEATHS]) ? headers[DEATHS] : [];
  return deaths.map((death) => death ?? {});
}

/** What the broker says of the death in a lane of `queue`. On its way there, a delayed message has died in the delay wheel, too. */
function deathIn(headers: Headers, names: Names, queue: string): Death | undefined {
  for (const { queue: queueName, reason } of deathsIn(headers)) {
    const priority = JOB_PRIORITIES.find((lane) => names.laneQueue(queue, lane) === queueName);
    if (priority !== undefined) return { priority, queueName: String(queueName), reason: String(reason) };
  }
  return undefined;
}

/** Why the broker moves messages to the dead letters, in words. */
const REASONS: Readonly<Record<string, string>> = {
  expired: 'it expired: its producer gave it an expiration, or a policy gives the queue a time to live',
  maxlen: 'the queue was full: a policy limits its length',
  rejected: 'a consumer rejected it without requeue',
};

function failureOfDeath(death: Death | undefined): Failure {
  if (death === undefined)
    return toFailure('HANDLER_FAILED', 'the dead letter does not say why: it has no failure code');
  const { queueName, reason } = death;
  if (reason === 'delivery_limit')
    return toFailure(
      'DELIVERY_LIMIT',
      `it was delivered from ${queueName} more often than the broker allows`,
    );
  return toFailure(
    'BROKER_DEAD_LETTERED',
    `${queueName}: ${REASONS[reason] ?? `the broker says "${reason}"`}`,
  );
}

/** Properties and headers of a message as JSON: the same each time the message is delivered. */
export function toPropertiesText({ properties }: RawDelivery): string {
  const headers = Object.entries(properties.headers ?? {}).filter(([name]) => !COUNTS.has(name));
  return JSON.stringify({ ...properties, headers: inOrder(Object.fromEntries(headers)) });
}

/** A table with its fields in the order of their names: the broker changes their order when it delivers a message again. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)]));
}
