import {
  type AttemptResult,
  type Clock,
  checkPayload,
  DEFAULT_RETRY,
  type Delivery,
  decodePayload,
  type JobDefinition,
  LeveretError,
  MESSAGE_VERSION,
  messageOf,
  type RetryPolicy,
  toFailure,
  withDeadline,
} from '@leveret/core';
import { fromThrown } from './attempt-result.ts';
import type { Executor } from './executor.ts';

/** A kind of job, ready to run. */
export interface Runnable {
  readonly definition: JobDefinition;
  readonly execute: Executor;
}

/** A job that can run, or what became of one that cannot. */
export type Prepared =
  | { readonly kind: 'ready'; readonly runnable: Runnable; readonly payload: unknown }
  | { readonly kind: 'refused'; readonly result: AttemptResult; readonly retry: RetryPolicy };

/**
 * Makes sense of a delivery. What is not a job, or has a payload that its definition refuses, can never work; a kind or
 * a message version that this worker does not know may be known to the next. A schema that takes longer than an attempt may
 * fails the job like a handler that does. Never rejects.
 */
export async function prepare(
  { message, defect }: Delivery,
  runnables: ReadonlyMap<string, Runnable>,
  clock: Clock,
): Promise<Prepared> {
  if (defect !== undefined)
    return refuse({ kind: 'given-up', failure: toFailure('MESSAGE_UNDECODABLE', defect) });
  if (message.version > MESSAGE_VERSION) {
    const reason = `message version ${message.version}, this worker reads up to ${MESSAGE_VERSION}`;
    return refuse({ kind: 'not-understood', failure: toFailure('UNSUPPORTED_VERSION', reason) });
  }
  const runnable = runnables.get(message.kind);
  if (runnable === undefined) {
    const reason = `no worker of queue "${message.queue}" handles "${message.kind}"`;
    return refuse({ kind: 'not-understood', failure: toFailure('UNKNOWN_KIND', reason) });
  }
  const { definition } = runnable;
  try {
    const checked = checkPayload(definition, decode(message.body));
    const payload =
      checked instanceof Promise
        ? await withDeadline(clock, definition.timeoutMs, checked, () => late(definition))
        : checked;
    return { kind: 'ready', runnable, payload };
  } catch (error) {
    return refuse(fromThrown(error), definition.retry);
  }
}

function refuse(result: AttemptResult, retry: RetryPolicy = DEFAULT_RETRY): Prepared {
  return { kind: 'refused', result, retry };
}

function late({ timeoutMs }: JobDefinition): LeveretError {
  return new LeveretError('HANDLER_TIMEOUT', `checking the payload took over ${timeoutMs} ms`);
}

function decode(body: Uint8Array): unknown {
  try {
    return decodePayload(body);
  } catch (error) {
    throw new LeveretError('MESSAGE_UNDECODABLE', `the payload is not JSON in UTF-8: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
