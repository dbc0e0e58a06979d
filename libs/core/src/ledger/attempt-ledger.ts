import type { JobRecord } from './job-record.ts';

/** Names an attempt of a job. */
export interface AttemptName {
  readonly queue: string;
  readonly jobId: string;
  readonly attempt: number;
}

/** A start, or the end of one: which worker makes it. */
export interface AttemptStart extends AttemptName {
  /** This run of the worker: another worker has another id, and so has this one when it is started again. */
  readonly instanceId: string;
}

/** A worker asks for this before it starts an attempt whose delivery may be a repetition. */
export interface StartRequest extends AttemptStart {
  /** Of the delivery. */
  readonly returnCount: number;
  /** Of its message; absent for 0. */
  readonly generation?: number;
  /** Which run of the attempt its message starts, by `runOf`; absent for a start that was made already. */
  readonly run?: number;
  /** Whether the worker would run it apart, so that a death harms no other job. */
  readonly isApart: boolean;
  /**
   * The worker asks in advance, while all its slots are in use: nothing is recorded. The answer is `free` or `unclear`.
   */
  readonly isAhead?: boolean;
  /** With so many starts without a known end the worker does not start it; no limit for a start that was made already. */
  readonly maxOpenStarts?: number;
  /** Instances that cannot be reached: their starts have no known end. */
  readonly goneIds: readonly string[];
  /** Instances that say that they do not run it any more. */
  readonly endedIds: readonly string[];
}

/** The answer to a {@link StartRequest}. */
export type StartAnswer =
  /** The outcome of the attempt is recorded, or the job goes on as a later run: the delivery is acknowledged without a run. */
  | { readonly kind: 'settled' }
  /** The start is recorded. */
  | ({ readonly kind: 'granted' } & OpenStarts)
  /** The job may kill its process. Nothing is recorded: ask again with `isApart`, unless `maxOpenStarts` is reached. */
  | ({ readonly kind: 'candidate' } & OpenStarts)
  /** Another instance runs it. Nothing is recorded: ask again later. */
  | { readonly kind: 'running' }
  /** As far as is known it was never started, or each start has ended. */
  | { readonly kind: 'free' }
  /** The answer has to be asked for when it is about to start. */
  | { readonly kind: 'unclear' }
  /** The ledger is there, but has not answered in time. It may have recorded the start. */
  | { readonly kind: 'late' };

/** Starts of an attempt before the one that is asked for, whose end is not known. */
export interface OpenStarts {
  readonly openStarts: number;
  /** Age of the newest of them, in milliseconds; 0 when there is none. */
  readonly newestAgeMs: number;
}

/** What a ledger answers without asking the instances. */
export type StoredStartAnswer =
  | Exclude<StartAnswer, { kind: 'running' | 'late' }>
  /** These instances have started it, and nothing is known of an end. Nothing is recorded. */
  | { readonly kind: 'started'; readonly instanceIds: readonly string[] };

/**
 * Decides whether a delivery that may be a repetition runs, and counts starts without a known end. It decides and records in one step, so
 * of two workers that ask at the same time one is granted the start.
 */
export interface AttemptLedger {
  /**
   * Answers in the order of the requests.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be used. It may have recorded the starts.
   */
  begin(requests: readonly StartRequest[]): Promise<readonly StartAnswer[]>;
  /**
   * Records that starts ended without an outcome, and that deliveries were released unstarted. No attempt is charged, and neither counts
   * against the job.
   * @throws {LeveretError} as {@link begin} does.
   */
  noteEnds(ends: readonly AttemptStart[]): Promise<void>;
}

/** The part of a ledger that decides on starts. Both methods are atomic against every other caller. */
export interface StartStore {
  /** Answers in the order of the requests, and records what is granted; nothing of what is asked in advance. */
  begin(requests: readonly StartRequest[]): Promise<readonly StoredStartAnswer[]>;
  /** As {@link AttemptLedger.noteEnds}. */
  noteEnds(ends: readonly AttemptStart[]): Promise<void>;
}

/** A job with so many starts without a known end may kill its process, so it runs apart. */
export const CANDIDATE_STARTS = 2;

/** One start of an attempt, as a ledger keeps it. */
export interface RecordedStart {
  readonly instanceId: string;
  /** Whether it is known to have ended without an outcome. */
  readonly isEnded: boolean;
  readonly ageMs: number;
}

/** What a ledger knows of an attempt. */
export interface AttemptStarts {
  readonly isSettled: boolean;
  readonly starts: readonly RecordedStart[];
}

/**
 * Decides on a start. Pure. Where the answer is `granted`, the start is to be recorded.
 *
 * A start counts until its instance has ended it. A job that came back more often than starts and releases explain may have been
 * started once more: its process may have died before that start was recorded.
 */
export function decideStart({ isSettled, starts }: AttemptStarts, request: StartRequest): StoredStartAnswer {
  if (request.isAhead) return { kind: isFree({ isSettled, starts }, request) ? 'free' : 'unclear' };
  if (isSettled) return { kind: 'settled' };
  const {
    instanceId,
    goneIds,
    endedIds,
    returnCount,
    isApart,
    maxOpenStarts = Number.POSITIVE_INFINITY,
  } = request;
  const open = starts.filter((start) => !start.isEnded && !endedIds.includes(start.instanceId));
  const inDoubt = open
    .map((start) => start.instanceId)
    .filter((id) => id !== instanceId && !goneIds.includes(id));
  if (inDoubt.length > 0) return { kind: 'started', instanceIds: inDoubt };
  const ages = open.filter((start) => start.instanceId !== instanceId).map(({ ageMs }) => ageMs);
  const openStarts = ages.length;
  const releases = starts.length - open.length;
  const isUnexplained = openStarts === 1 && returnCount - releases > openStarts;
  const isCandidate = openStarts >= CANDIDATE_STARTS || isUnexplained;
  const newestAgeMs = openStarts === 0 ? 0 : Math.min(...ages);
  const mayStart = openStarts < maxOpenStarts && (isApart || !isCandidate);
  return { kind: mayStart ? 'granted' : 'candidate', openStarts, newestAgeMs };
}

/** One return is that of a job which was only prefetched. With more, each start is recorded before it is made. */
function isFree({ isSettled, starts }: AttemptStarts, { returnCount }: StartRequest): boolean {
  return !isSettled && starts.every(({ isEnded }) => isEnded) && returnCount - starts.length <= 1;
}

/**
 * Whether what is asked for is over: the job was superseded, the attempt has an outcome, its handler has snoozed this run, or a later run of the
 * attempt is known of. Each proves that what follows from the run is durable.
 */
export function isRunOver(
  record: Pick<JobRecord, 'settledAttempt' | 'state' | 'newest' | 'generation'> | undefined,
  { attempt, run, generation = 0 }: Pick<StartRequest, 'attempt' | 'run' | 'generation'>,
): boolean {
  if (record === undefined) return false;
  const { generation: newestGeneration = 0 } = record;
  if (run !== undefined && generation !== newestGeneration) return generation < newestGeneration;
  const { settledAttempt, state, newest } = record;
  if (settledAttempt >= attempt) return true;
  if (run === undefined || newest?.attempt !== attempt) return false;
  // Of what ends a run without an outcome, a snooze alone is recorded after its successor.
  const isSnoozed = state === 'scheduled' && newest.phase === 'end';
  return newest.run > run || (newest.run === run && isSnoozed);
}

/** Whether instances run attempts. */
export interface InstanceDirectory {
  /**
   * Whether the instance has each of `attempts` in hand: started and not settled, or settled a moment ago. Undefined when the instance cannot
   * be reached. Never rejects.
   */
  ask(instanceId: string, attempts: readonly AttemptName[]): Promise<readonly boolean[] | undefined>;
}

/** Creates the ledger of attempts over a store in this process. Instances that have started an attempt are asked whether they run it. */
export function createAttemptLedger(store: StartStore, directory: InstanceDirectory): AttemptLedger {
  /** For each instance, which of the runs that it has started it runs. */
  async function askInstances(asked: ReadonlyMap<string, readonly StartRequest[]>) {
    const answers = [...asked].map(async ([instanceId, requests]) => {
      const inHand = await directory.ask(instanceId, requests.map(toName));
      return requests.map((request, index) => ({ request, instanceId, inHand: inHand?.[index] }));
    });
    return (await Promise.all(answers)).flat();
  }

  async function askAgain(started: readonly (readonly [StartRequest, readonly string[]])[]) {
    const byInstance = new Map<string, StartRequest[]>();
    for (const [request, instanceIds] of started)
      for (const id of instanceIds) byInstance.set(id, [...(byInstance.get(id) ?? []), request]);
    const told = await askInstances(byInstance);
    return started.map(([request]) => {
      const own = told.filter((one) => one.request === request);
      const idsWhere = (inHand: boolean | undefined) =>
        own.filter((one) => one.inHand === inHand).map((one) => one.instanceId);
      return idsWhere(true).length > 0
        ? undefined
        : { ...request, goneIds: idsWhere(undefined), endedIds: idsWhere(false) };
    });
  }

  return {
    async begin(requests) {
      const first = await store.begin(requests);
      const started = first.flatMap((answer, index) => {
        const request = requests[index];
        return answer.kind === 'started' && request !== undefined
          ? [[request, answer.instanceIds] as const]
          : [];
      });
      if (started.length === 0) return first.map(toAnswer);
      const next = await askAgain(started);
      const second = [...(await store.begin(next.filter((request) => request !== undefined)))];
      const secondOf = next.map((request) => (request === undefined ? RUNNING : toAnswer(second.shift())));
      return first.map((answer) => (answer.kind === 'started' ? (secondOf.shift() ?? RUNNING) : answer));
    },
    noteEnds: (ends) => store.noteEnds(ends),
  };
}

const RUNNING: StartAnswer = { kind: 'running' };

/** Another instance started it while the others were asked: the worker asks again later. */
function toAnswer(answer: StoredStartAnswer | undefined): StartAnswer {
  return answer === undefined || answer.kind === 'started' ? RUNNING : answer;
}

function toName({ queue, jobId, attempt }: StartRequest): AttemptName {
  return { queue, jobId, attempt };
}
