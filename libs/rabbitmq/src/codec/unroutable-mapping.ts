import type { UnroutableMessage } from '@leveret/core';
import type { Names } from '../topology/names.ts';
import { newestDeathOf, toPropertiesText } from './dead-letter-mapping.ts';
import type { RawDelivery } from './delivery-reader.ts';

/** What mapping works with. */
export interface UnroutableContext {
  readonly names: Names;
  /** Whether it was read before. */
  readonly isAgain: boolean;
}

/** Reads a message that the broker could not route. Whatever it holds, this does not throw. */
export function toUnroutable(raw: RawDelivery, { names, isAgain }: UnroutableContext): UnroutableMessage {
  const headers = raw.properties.headers ?? {};
  // A message that leaves the delay wheel carries the keys of all its hops. Any other was dead-lettered by its queue of jobs.
  const target = lastOf(headers['CC']) ?? newestDeathOf(headers);
  return {
    queue: (target === undefined ? undefined : names.queueOf(target)) ?? names.unroutable,
    reason: 'RabbitMQ could not route it: a queue or a binding was missing',
    properties: toPropertiesText(raw),
    body: raw.content,
    isReturned: raw.fields.redelivered || isAgain,
  };
}

function lastOf(keys: unknown): string | undefined {
  const last: unknown = Array.isArray(keys) ? keys.at(-1) : undefined;
  return typeof last === 'string' ? last : undefined;
}
