import {
  type AcceptedEvent,
  type Failure,
  type JobStore,
  newId,
  type Random,
  type RecordableEvent,
  systemClock,
} from '@leveret/core';

/** What the jobs of the ledger have in common, and how many there are of each. */
const QUEUES = ['mail', 'media', 'reports'];
const KIND_COUNT = 20;
const WORKER_COUNT = 40;
const TAG_COUNT = 100;
const ERROR_CODE_COUNT = 50;
/** Different failures of one error code: each has a fingerprint of its own. */
const ERROR_WORDS = ['connect', 'read', 'write', 'parse'];
/** Of a thousand jobs so many died, so many wait for their next attempt, and so many run; the others have succeeded. */
const DEAD_PER_THOUSAND = 30;
const RETRYING_PER_THOUSAND = 10;
const RUNNING_PER_THOUSAND = 5;
/** The jobs were updated in the last six days: the retention time of jobs is longer. */
const AGE_MS = 6 * 86_400_000;
/** About a kilobyte of JSON. */
const PAYLOAD = { text: 'x'.repeat(1_000) };
/** Jobs that are recorded in one call. */
const JOBS_AT_ONCE = 1_000;
/** One of so many ids is remembered, to ask for it. */
const KNOWN_ID_EVERY = 100;

/** What there is in a filled ledger, to ask for. */
export interface LedgerContent {
  readonly jobCount: number;
  readonly queues: readonly string[];
  readonly kinds: readonly string[];
  readonly workers: readonly string[];
  readonly tags: readonly string[];
  readonly errorCodes: readonly string[];
  /** Some of the jobs. */
  readonly ids: readonly string[];
  /** When the first and the last job was updated, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** How a ledger is filled. */
export interface FillOptions {
  readonly jobCount: number;
  /** Now, in milliseconds since 1970. */
  readonly now: number;
  readonly random: Random;
  /** Called now and then with how many jobs there are. */
  readonly onProgress: (jobCount: number) => void;
}

/** Fills a ledger with jobs, as a recorder would, and says what there is. */
export async function fillLedger(
  store: JobStore,
  { jobCount, now, random, onProgress }: FillOptions,
): Promise<LedgerContent> {
  const from = now - AGE_MS;
  const ids: string[] = [];
  const content: LedgerContent = {
    jobCount,
    queues: QUEUES,
    kinds: names(KIND_COUNT, (number) => `${number % 2 === 0 ? 'mail' : 'video'}.kind-${number}`),
    workers: names(WORKER_COUNT, (number) => `worker-${number}`),
    tags: names(TAG_COUNT, (number) => `tag-${number}`),
    errorCodes: names(ERROR_CODE_COUNT, (number) => `E${number}`),
    ids,
    from,
    to: now,
  };
  for (let filled = 0; filled < jobCount; filled += JOBS_AT_ONCE) {
    const events: RecordableEvent[] = [];
    for (let number = filled; number < Math.min(filled + JOBS_AT_ONCE, jobCount); number += 1) {
      const at = Math.floor(from + (number / jobCount) * AGE_MS);
      const job = createJob(content, at, random);
      if (number % KNOWN_ID_EVERY === 0) ids.push(job.jobId);
      events.push(job, createEnd(content, job, random));
    }
    await store.apply(events);
    onProgress(Math.min(filled + JOBS_AT_ONCE, jobCount));
  }
  return content;
}

function names(count: number, nameOf: (number: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, number) => nameOf(number));
}

/** One of `values`. */
export function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError('there is nothing to pick from');
  return value;
}

function createJob({ kinds, queues, tags }: LedgerContent, at: number, random: Random): AcceptedEvent {
  return {
    type: 'accepted',
    jobId: newId({ ...systemClock, now: () => at }, random),
    kind: pick(kinds, random),
    queue: pick(queues, random),
    attempt: 1,
    maxAttempts: 3,
    createdAt: at,
    at,
    payload: PAYLOAD,
    delayMs: 0,
    tags: [pick(tags, random)],
  };
}

function createEnd(
  { workers, tags, errorCodes }: LedgerContent,
  { jobId, kind, queue, createdAt, tags: [tag] = [] }: AcceptedEvent,
  random: Random,
): RecordableEvent {
  const workerId = pick(workers, random);
  const at = createdAt + Math.floor(random() * 10_000);
  const base = {
    jobId,
    kind,
    queue,
    attempt: 1,
    maxAttempts: 3,
    createdAt,
    at,
    workerId,
    instanceId: workerId,
  };
  const outcome = { ...base, startedAt: createdAt };
  const chance = random() * 1_000;
  // The first worker and the first tag have no dead jobs: a search for them finds nothing and has to read all.
  const canDie = workerId !== workers[0] && tag !== tags[0];
  const failure = (): Failure => {
    const errorCode = pick(errorCodes, random);
    const message = `${pick(ERROR_WORDS, random)} failed after ${at % 1_000} ms`;
    return { code: 'HANDLER_FAILED', message, name: 'Error', errorCode };
  };
  if (canDie && chance < DEAD_PER_THOUSAND) return { ...outcome, type: 'dead-lettered', failure: failure() };
  if (chance < DEAD_PER_THOUSAND + RETRYING_PER_THOUSAND)
    return { ...outcome, type: 'retried', failure: failure(), delayMs: AGE_MS };
  if (chance < DEAD_PER_THOUSAND + RETRYING_PER_THOUSAND + RUNNING_PER_THOUSAND)
    return { ...base, type: 'started' };
  return { ...outcome, type: 'succeeded', result: null };
}
