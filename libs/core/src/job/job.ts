import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Json, JsonCompatible } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { toRedactedPaths } from '../payload/redaction.ts';
import { exponentialBackoff, type RetryPolicy } from '../settlement/retry-policy.ts';
import type { Verdict } from '../settlement/verdict.ts';
import type { JobHeaders } from './headers.ts';
import { type HistoryPolicy, requireHistoryPolicy } from './history-policy.ts';
import { isJobKind, isQueueName, MAX_NAME_LENGTH } from './names.ts';
import { DEFAULT_PRIORITY, type JobPriority, requirePriority } from './priority.ts';
import type { ProgressReport } from './progress.ts';
import { joinTags } from './tags.ts';

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
   * Any Standard Schema (zod, valibot, arktype, …). Checked when a job is enqueued and again when it runs. The schema's input is sent, as JSON and
   * without the keys that it strips. The worker's schema applies defaults, coercions and transformations again for every attempt.
   */
  readonly payload: Schema;
  readonly retry: RetryPolicy;
  /** How urgent its jobs are by default. */
  readonly priority: JobPriority;
  /** Tags of all its jobs. */
  readonly tags: readonly string[];
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Of which finished jobs the ledger keeps payload, headers and result. */
  readonly history: HistoryPolicy;
  /**
   * Paths in payload and result, such as `card.number` or `items.*.token`, whose values are masked wherever payload, result or failure of a job are
   * shown or logged. The ledger, the broker and the handler have the true values.
   */
  readonly redact: readonly string[];
  /** The files and folders in blob storage that a job needs or makes: see {@link JobOptions.blobs}. Absent for none. */
  blobs?(payload: StandardSchemaV1.InferInput<Schema>, jobId: string): readonly string[];
}

/** What {@link defineJob} takes: a definition of which kind, queue and payload are required. A retry policy may be given in part. */
export interface JobOptions<Schema extends StandardSchemaV1> {
  readonly kind: string;
  readonly queue: string;
  readonly payload: Schema;
  readonly retry?: Partial<RetryPolicy>;
  readonly priority?: JobPriority;
  readonly tags?: readonly string[];
  readonly timeoutMs?: number;
  /** `all` when left out. */
  readonly history?: HistoryPolicy;
  /** At most 32 paths, of at most 200 characters each; see `isRedactedPath`. */
  readonly redact?: readonly string[];
  /**
   * The files in blob storage that a job needs or makes, told by its payload, as it is sent, and its id alone. A key with a `/` at its end is a folder: every file in
   * it. A file is deleted when no job of the ledger refers to it any more. Name here what the job will make, too: then files of an attempt that
   * failed are known. At most 64 keys of at most 500 characters; `enqueue` throws `PAYLOAD_INVALID` for others.
   */
  blobs?(payload: StandardSchemaV1.InferInput<Schema>, jobId: string): readonly string[];
}

/**
 * Defines a kind of job.
 *
 * @throws {RangeError} when kind or queue is not a valid name, the retry policy is out of bounds, `priority` is none, `tags` are
 *   not tags (see `isTag`) or too many, `timeoutMs` is not from 1 ms to 25 minutes, `history` is no policy, or `redact` are not paths
 *   (see `isRedactedPath`) or too many.
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
    tags = [],
    timeoutMs = DEFAULT_TIMEOUT_MS,
    history = 'all',
    redact = [],
    blobs,
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
  requireHistoryPolicy(history);
  return {
    kind,
    queue,
    payload,
    retry: exponentialBackoff(retry),
    priority,
    tags: joinTags(tags, []),
    timeoutMs,
    history,
    redact: toRedactedPaths(redact),
    ...(blobs === undefined ? {} : { blobs }),
  };
}

/**
 * The payload that `enqueue` takes for this definition: the input of its schema. A part that JSON cannot carry, such as a `Date`, has as its
 * type a text that says so, and no value is assignable to it.
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
  /** The headers that it was enqueued with, such as `traceparent`. Jobs that this one enqueues inherit them. */
  readonly headers: JobHeaders;
}

/** How a child job is enqueued. */
export interface ChildOptions {
  /**
   * Names the child among its siblings: parent and key determine its id, so a parent that runs twice enqueues the same child. With a
   * ledger a known child is not sent again; without one it is, under the same id, and may run twice.
   */
  readonly key: string;
  /** Whole milliseconds before its first attempt; 0 when left out. */
  readonly delayMs?: number;
  /** How urgent it is; as its definition says when left out. */
  readonly priority?: JobPriority;
  /** Tags in addition to those of its definition. The tags of this job are not inherited. */
  readonly tags?: readonly string[];
  /** Headers in addition to those of this job; they replace those of the same name. Bounds as for any job. */
  readonly headers?: JobHeaders;
}

/** What a handler works with. */
export interface JobContext<Payload> {
  readonly payload: Payload;
  readonly job: JobInfo;
  /** Aborts at the timeout, and when the worker stops and cannot wait any longer. Pass it to `fetch` and other calls. */
  readonly signal: AbortSignal;
  /**
   * Writes to the log of the worker. Lines already carry job id, kind, queue and attempt. With a ledger, lines of the levels `info`, `warn` and
   * `error` also stay with the job: of an attempt the first ones, and how many more there were.
   */
  readonly log: Logger;
  /**
   * Reports progress: a fraction from 0 to 1, or a {@link ProgressReport}, such as `{ done: 3, total: 12, text: 'page 3' }`. A report replaces the one
   * before. It is sent with a short delay. Never throws: what is out of bounds is brought within them.
   */
  progress(done: number | ProgressReport): void;
  /**
   * Enqueues a job that this one brings about: its child. The ledger knows this job as its parent. Resolves with its id once it is accepted; await
   * it before returning.
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
 * the policy unless its code is not retryable; a {@link Verdict}, returned or thrown, overrides that. A handler may run twice for one
 * job, so make it idempotent.
 *
 * The result is kept as JSON, at most 64 KiB of it. A job whose result cannot be kept has still succeeded: the worker warns, and what
 * cannot be kept is left out.
 */
export type JobHandler<
  Definition extends JobDefinition = JobDefinition,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a result is written without a return
  Result = Json | Verdict | object | void,
> = (context: JobContext<PayloadOutput<Definition>>) => Promise<Result>;
