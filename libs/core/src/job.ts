import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LeveretError } from './errors.ts';
import type { JobHeaders } from './headers.ts';
import type { Json, JsonCompatible } from './json.ts';
import type { Logger } from './logger.ts';
import { isJobKind, isQueueName, MAX_NAME_LENGTH } from './names.ts';
import { DEFAULT_PRIORITY, type JobPriority, requirePriority } from './priority.ts';
import { exponentialBackoff, type RetryPolicy } from './retry-policy.ts';
import type { Verdict } from './verdict.ts';

/** How long an attempt may take when its definition does not say, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 60_000;
/** The longest an attempt may take, in milliseconds: 25 minutes, so that it ends before RabbitMQ's consumer timeout of 30. */
export const MAX_TIMEOUT_MS = 1_500_000;

/** What a kind of job is: light data that any process may load, whether it enqueues or works. */
export interface JobDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** Stored in every message: never renamed, only superseded. */
  readonly kind: string;
  readonly queue: string;
  /**
   * Any Standard Schema (zod, valibot, arktype, …). Checked when a job is enqueued and again when it runs. Its input travels, as JSON and
   * without the keys that it strips; the worker's schema applies defaults, coercions and transformations, for every attempt anew.
   */
  readonly payload: Schema;
  readonly retry: RetryPolicy;
  /** How urgent its jobs are, where whoever enqueues one says nothing else. */
  readonly priority: JobPriority;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** What {@link defineJob} takes: a definition whose retry policy, in whole or in part, priority and timeout may be left to the defaults. */
export interface JobOptions<Schema extends StandardSchemaV1> {
  readonly kind: string;
  readonly queue: string;
  readonly payload: Schema;
  readonly retry?: Partial<RetryPolicy>;
  readonly priority?: JobPriority;
  readonly timeoutMs?: number;
}

/**
 * Defines a kind of job.
 *
 * @throws {RangeError} when kind or queue is not a valid name, the retry policy is out of bounds, `priority` is none, or
 *   `timeoutMs` is not from 1 ms to 25 minutes.
 */
export function defineJob<Schema extends StandardSchemaV1>(
  options: JobOptions<Schema>,
): JobDefinition<Schema> {
  const {
    kind,
    queue,
    payload,
    retry,
    priority = DEFAULT_PRIORITY,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  } = options;
  if (!isJobKind(kind)) {
    throw new RangeError(
      `"${kind}" cannot name a kind of job: use a-z, 0-9, "." and "-", at most ${MAX_NAME_LENGTH} characters`,
    );
  }
  if (!isQueueName(queue)) {
    throw new RangeError(
      `"${queue}" cannot name a queue: use a-z, 0-9 and "-", at most ${MAX_NAME_LENGTH} characters`,
    );
  }
  requirePriority(priority);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw new RangeError(`timeoutMs must be a whole number from 1 to ${MAX_TIMEOUT_MS}, got ${timeoutMs}`);
  }
  return { kind, queue, payload, retry: exponentialBackoff(retry), priority, timeoutMs };
}

/**
 * What is handed to `enqueue` for jobs of this definition: the input of its schema. A part that JSON cannot carry, such as a `Date`,
 * has a text in its place that says so, and nothing can be assigned to it.
 */
export type PayloadInput<Definition extends JobDefinition> = JsonCompatible<
  StandardSchemaV1.InferInput<Definition['payload']>
>;
/** What its handler receives: the input with the schema's defaults and transformations applied. */
export type PayloadOutput<Definition extends JobDefinition> = StandardSchemaV1.InferOutput<
  Definition['payload']
>;

/** The job that a handler is working on. */
export interface JobInfo {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  /** The attempt under way, from 1. */
  readonly attempt: number;
  /** The last attempt that it gets. */
  readonly maxAttempts: number;
  /** When it was accepted, in milliseconds since 1970. */
  readonly createdAt: number;
  /** What was sent along when it was enqueued, such as `traceparent`. Jobs that this one enqueues have it too. */
  readonly headers: JobHeaders;
}

/** How a child job is enqueued. */
export interface ChildOptions {
  /**
   * Names the child among its siblings: parent and key make its id, so a parent that runs twice means the same child. With a
   * ledger a child that is known there is not sent again; without one it is, under the same id, and may run twice.
   */
  readonly key: string;
  /** Whole milliseconds before its first attempt; 0 when left out. */
  readonly delayMs?: number;
  /** How urgent it is; as its definition says when left out. */
  readonly priority?: JobPriority;
  /** Sent along, besides what was sent along with this job: of two with one name this one counts. Bounds as for any job. */
  readonly headers?: JobHeaders;
}

/** What a handler works with. */
export interface JobContext<Payload> {
  readonly payload: Payload;
  readonly job: JobInfo;
  /** Aborts at the timeout and when the worker can wait no longer for the job to end. Obey it. */
  readonly signal: AbortSignal;
  /** Lines already carry job id, kind, queue and attempt. */
  readonly log: Logger;
  /** Tells how far the work is, from 0 to 1; others see it soon, not at once. */
  progress(done: number): void;
  /**
   * Enqueues a job that this one brings about. Resolves with its id once it is accepted; await it before returning.
   * @throws {LeveretError} as `JobClient.enqueue` does.
   */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options: ChildOptions,
  ): Promise<string>;
}

/**
 * Does the work of one job. Returning settles it, with the returned data as its result; a thrown error is retried by
 * the policy unless its code is not retryable; a {@link Verdict}, returned or thrown, says what else is to be done. Run twice, it
 * leaves one result.
 *
 * The result is kept as JSON, at most 64 KiB of it. A job whose result cannot be kept has still succeeded: the worker warns, and what
 * cannot be kept is left out.
 */
export type JobHandler<
  Definition extends JobDefinition = JobDefinition,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a result is written without a return
  Result = Json | Verdict | object | void,
> = (context: JobContext<PayloadOutput<Definition>>) => Promise<Result>;
