import {
  headerBytes,
  isReservedHeader,
  isUuid,
  type JobPriority,
  MAX_DELAY_MS,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  requirePriority,
} from '@leveret/core';

/** Longest name of a header, in bytes: a broker refuses a longer one. */
const MAX_HEADER_NAME_BYTES = 255;

/** How a job is enqueued. */
export interface EnqueueOptions {
  /**
   * Id of the job, a UUID in lower case; a new one by default. With a ledger, a job with a known id is not enqueued again: the receipt says
   * `isNew: false`, and `ID_CONFLICT` is thrown if kind, queue or payload differ. While the ledger is away, or says nothing for 2 s, such a job is
   * accepted without a check (`isNew` is undefined), and its worker finds out whether it ran before. Without a ledger that is always so, and a
   * worker only recognises a job that it has in hand: one that is done runs again.
   */
  readonly id?: string;
  /** Whole milliseconds before its first attempt, up to ten years; 0 when left out. */
  readonly delayMs?: number;
  /**
   * How urgent it is; as its definition says by default. While jobs of all three priorities wait, every 21 jobs started are 16 `high`,
   * 4 `normal` and 1 `low`: no job waits for ever.
   */
  readonly priority?: JobPriority;
  /** Tags in addition to those of its definition: at most 16 together, of 1 to 64 characters each. The ledger lists jobs by tag; without a ledger they are of no use. */
  readonly tags?: readonly string[];
  /**
   * Headers of the message, such as `traceparent`: at most 16, 4 KiB together. Names that begin with `leveret-` or `x-`,
   * and `CC` and `BCC`, belong to the broker.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Id of the job that enqueues this one: its parent. `enqueue` of a handler sets it. The ledger lists the children of a job. */
  readonly parentId?: string;
}

/** How many jobs are enqueued at a time. */
export interface EnqueueManyOptions
  extends Pick<EnqueueOptions, 'delayMs' | 'priority' | 'tags' | 'headers'> {
  /** Ids of the jobs, in the order of the payloads; new ones when left out. With ids of its own a caller can repeat the call: see {@link EnqueueOptions.id}. */
  readonly ids?: readonly string[];
}

/** @throws {RangeError} when `id` is not a UUID in lower case. */
export function requireId(id: string): void {
  if (typeof id !== 'string' || !isUuid(id))
    throw new RangeError(`the id of a job must be a UUID in lower case, got "${id}"`);
}

/** @throws {RangeError} when there are ids, but not one UUID for each of `count` jobs. */
export function requireIds(ids: readonly string[] | undefined, count: number): void {
  if (ids === undefined) return;
  if (ids.length !== count) throw new RangeError(`there are ${ids.length} ids for ${count} payloads`);
  for (const id of ids) requireId(id);
}

/** @throws {RangeError} for a delay, a priority or headers that are out of bounds. */
export function requireSendable({
  delayMs,
  priority,
  headers,
}: Pick<EnqueueOptions, 'delayMs' | 'priority' | 'headers'>): void {
  if (delayMs !== undefined && (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > MAX_DELAY_MS)) {
    throw new RangeError(`delayMs must be a whole number from 0 to ${MAX_DELAY_MS}, got ${delayMs}`);
  }
  if (priority !== undefined) requirePriority(priority);
  if (headers !== undefined) requireHeaders(headers);
}

function requireHeaders(headers: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS)
    throw new RangeError(`a job has at most ${MAX_HEADERS} headers, got ${entries.length}`);
  let totalBytes = 0;
  for (const [name, value] of entries) {
    const nameBytes = headerBytes(name, '');
    if (nameBytes === 0 || nameBytes > MAX_HEADER_NAME_BYTES)
      throw new RangeError(`the name of a header has 1 to ${MAX_HEADER_NAME_BYTES} bytes, got ${nameBytes}`);
    if (isReservedHeader(name))
      throw new RangeError(`the header "${name}" belongs to the broker: choose another name`);
    if (typeof value !== 'string')
      throw new RangeError(`the header "${name}" must be a string, got a ${typeof value}`);
    totalBytes += headerBytes(name, value);
  }
  if (totalBytes > MAX_HEADER_BYTES)
    throw new RangeError(`the headers of a job take at most ${MAX_HEADER_BYTES} bytes, got ${totalBytes}`);
}
