import { type DeadLetter, JOB_PRIORITIES, toFailure, type UnroutableMessage } from '@leveret/core';
import {
  type DeadLetterContext,
  newestDeathOf,
  toDeadLetter,
  toPropertiesText,
} from './dead-letter-mapping.ts';
import type { RawDelivery } from './delivery-reader.ts';
import { readFailureHeaders } from './message-mapping.ts';

/** Why messages are unroutable, in words. */
const REASON = 'RabbitMQ could not route it: a queue or a binding was missing';

/** What mapping works with. */
export interface UnroutableContext extends Omit<DeadLetterContext, 'queue'> {
  /** Whether it was read before. */
  readonly isAgain: boolean;
}

/** Reads a message that the broker could not route. Whatever it holds, this does not throw. */
export function toUnroutable(
  raw: RawDelivery,
  { isAgain, ...context }: UnroutableContext,
): UnroutableMessage {
  const { names } = context;
  const headers = raw.properties.headers ?? {};
  // A message that leaves the delay wheel carries the keys of all its hops. Any other was dead-lettered by its queue of jobs.
  const target = lastOf(headers['CC']) ?? newestDeathOf(headers);
  const queue = target === undefined ? undefined : names.queueOf(target);
  return {
    queue: queue ?? names.unroutable,
    reason: REASON,
    properties: toPropertiesText(raw),
    body: raw.content,
    isReturned: raw.fields.redelivered || isAgain,
    letter: queue === undefined ? undefined : toLetter(raw, { ...context, queue }, { target, isAgain }),
  };
}

/** The job as a dead letter, of the lane that it was on its way to. */
function toLetter(
  raw: RawDelivery,
  context: DeadLetterContext,
  { target, isAgain }: { readonly target: string | undefined; readonly isAgain: boolean },
): DeadLetter {
  const { names, queue } = context;
  const { message, ...letter } = toDeadLetter(raw, context, isAgain);
  const lane = JOB_PRIORITIES.find((priority) => names.laneQueue(queue, priority) === target);
  const failure =
    readFailureHeaders(raw.properties.headers ?? {}) ?? toFailure('BROKER_DEAD_LETTERED', REASON);
  return { ...letter, failure, message: { ...message, priority: lane ?? message.priority } };
}

function lastOf(keys: unknown): string | undefined {
  const last: unknown = Array.isArray(keys) ? keys.at(-1) : undefined;
  return typeof last === 'string' ? last : undefined;
}
