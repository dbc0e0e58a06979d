import type { RetryPolicy } from '../settlement/retry-policy.ts';
import type { JobPriority } from './priority.ts';

/** Version of the message format that this library writes, and the newest that it reads. */
export const MESSAGE_VERSION = 1;

/** Largest payload of a job, in bytes of JSON. Messages are kept small so that brokers stay fast; larger data goes to blob storage. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/**
 * One job on its way to a worker, the same on every broker. How it looks on the wire is written down in
 * `docs/reference/wire-format.md`.
 */
export interface JobMessage {
  /** Format version: newer than {@link MESSAGE_VERSION} means that this process must not touch it. */
  readonly version: number;
  /** Id of the job: the same through all its attempts. */
  readonly id: string;
  /** Kind of the job: names its definition. */
  readonly kind: string;
  /** Queue that it travels on. */
  readonly queue: string;
  /** How urgent it is: the lane of the queue that it waits in. Kept through retries, holds and dead letters. */
  readonly priority: JobPriority;
  /** The attempt that this message starts, from 1. It only counts up: a job that is sent again after its last attempt continues to count. */
  readonly attempt: number;
  /**
   * How often control had superseded the job when this message was made: 0 for most. A message of a lower generation than the ledger's is not
   * the job any more. Kept through retries, holds and dead letters.
   */
  readonly generation: number;
  /** The last attempt that the job gets; as its definition says when absent. Kept through retries and dead letters. */
  readonly maxAttempts?: number | undefined;
  /** When the job was accepted, in milliseconds since 1970 by the producer's clock. To show, never to compare. */
  readonly createdAt: number;
  /** How long it has been held for want of a worker that knows it, in milliseconds. */
  readonly heldMs: number;
  /** Deaths of a process that it is charged with, over all its attempts: see {@link MAX_CRASHES}. */
  readonly crashes: number;
  /** How often its handler has snoozed it, over all its attempts. */
  readonly snoozes: number;
  /** The payload as JSON in UTF-8, carried untouched through retries and dead letters. */
  readonly body: Uint8Array;
  /**
   * The producer's headers, such as `traceparent`, and those of Leveret that travel like them, such as `leveret-parent`. Carried untouched; names
   * that begin with `x-` are the broker's and are left out.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message and how long it is to wait before its first delivery. */
export interface OutgoingMessage {
  readonly message: JobMessage;
  /** Whole milliseconds from now, 0 to ten years. */
  readonly delayMs: number;
  /**
   * The broker may already have this message: the relay sends it, the caller may have used its id before, or it is sent again after a lost
   * connection. Its delivery says so, because the broker cannot know.
   */
  readonly isResent?: boolean;
}

/** The last attempt that the job of `message` gets. */
export function maxAttemptsOf({ maxAttempts }: JobMessage, { attempts }: RetryPolicy): number {
  return maxAttempts ?? attempts;
}

/** Every delivery of one run of a job has the same key: a retry, a rerun, a job that was held or snoozed in between, and one that was superseded are other runs. */
export function runKey({ id, generation, attempt, heldMs, crashes, snoozes }: JobMessage): string {
  // Most are at their first attempt, and a key is made for every delivery.
  return attempt === 1 && heldMs === 0 && crashes === 0 && snoozes === 0 && generation === 0
    ? id
    : `${id} ${attempt} ${heldMs} ${crashes} ${snoozes} ${generation}`;
}

/** More than a message counts of time held, in milliseconds, and deaths. */
const RUNS_PER_SNOOZE = 1_000_000;

/**
 * Which run of its attempt `message` starts: 0, and more with every one that follows within the attempt. With a snooze the time held begins
 * anew, so one snooze weighs more than all of that.
 */
export function runOf({ heldMs, crashes, snoozes }: JobMessage): number {
  const sinceSnooze = Math.min(heldMs + crashes, RUNS_PER_SNOOZE - 1);
  return Math.min(snoozes * RUNS_PER_SNOOZE + sinceSnooze, Number.MAX_SAFE_INTEGER);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of `payload` as they travel. @throws {TypeError} when it is not JSON (a function, a cycle, a bigint). */
export function encodePayload(payload: unknown): Uint8Array {
  const text = JSON.stringify(payload);
  if (text === undefined)
    throw new TypeError('a payload must be JSON: null, a string, a number, a boolean, a list or an object');
  return encoder.encode(text);
}

/** The payload that `body` holds. @throws {Error} when it is not UTF-8 or not JSON. */
export function decodePayload(body: Uint8Array): unknown {
  return JSON.parse(decoder.decode(body));
}
