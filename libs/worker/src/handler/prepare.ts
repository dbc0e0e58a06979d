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
  /** Runs it in a child, where its death is seen and harms no other job; absent for a handler given as a function. */
  readonly inChild?: ChildExecutors;
  /** Whether {@link execute} runs it in the worker's own process. */
  readonly isInline: boolean;
}

/** Both ways to run a handler in a child process. */
export interface ChildExecutors {
  /** In a child that runs other jobs before and after. */
  readonly pooled: Executor;
  /** In a child that runs no other job. */
  readonly alone: Executor;
}

/** A job that can run, or what became of one that cannot. */
export type Prepared =
  | { readonly kind: 'ready'; readonly runnable: Runnable; readonly payload: unknown }
  | { readonly kind: 'refused'; readonly result: AttemptResult; readonly retry: RetryPolicy };

/**
 * Makes sense of a delivery. What is not a job, or has a payload that its definition refuses, can never work; a kind or
 * a message version that this worker does not know may be known to the next. A schema that takes longer than an attempt may
 * fails the job like a handler that does. Later only where the schema is; never throws, never rejects.
 */
export function prepare(
  { message, defect }: Delivery,
  runnables: ReadonlyMap<string, Runnable>,
  clock: Clock,
): Prepared | Promise<Prepared> {
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
    if (!(checked instanceof Promise)) return { kind: 'ready', runnable, payload: checked };
    return withDeadline(clock, definition.timeoutMs, checked, () => late(definition)).then(
      (payload) => ({ kind: 'ready', runnable, payload }),
      (error: unknown) => refuse(fromThrown(error), definition.retry),
    );
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
  } catch {
    // What the parser says quotes the payload.
    throw new LeveretError('MESSAGE_UNDECODABLE', 'the payload is not JSON in UTF-8');
  }
}
