import {
  type AttemptRecord,
  awaitsRun,
  type BrokerStatus,
  type JobDetails,
  type JobRecord,
  type QueuePause,
  type SeenWorker,
  type UnroutableEntry,
} from '@leveret/core';

/** Why a job is where it is. Several causes may hold at the same time. Moments are milliseconds since 1970. */
export type Cause =
  /** It runs. `worker` is absent when the worker was not seen lately. */
  | {
      readonly kind: 'running';
      readonly attempt: number;
      readonly workerId?: string;
      readonly since?: number;
      readonly worker?: SeenWorker;
    }
  /** It was superseded while it ran, on a worker that is still there, and the handler has not ended. */
  | {
      readonly kind: 'aborting';
      readonly attempt: number;
      readonly workerId?: string;
      readonly since?: number;
    }
  | { readonly kind: 'paused'; readonly pause: QueuePause }
  /** Its next attempt is due at a moment in the future. */
  | { readonly kind: 'delayed'; readonly until: number; readonly because: 'delay' | 'retry' | 'hold' }
  /** No worker knew what to do with it: the failure says why. */
  | { readonly kind: 'held'; readonly code: string; readonly message: string }
  /** No worker of its queue was seen lately. */
  | { readonly kind: 'no-worker-for-queue'; readonly queue: string }
  /** Workers of its queue were seen, but none has a handler for its kind. */
  | { readonly kind: 'no-worker-for-kind'; readonly jobKind: string; readonly workers: readonly SeenWorker[] }
  /** It waits in its queue, where about so many jobs wait. */
  | { readonly kind: 'waiting'; readonly about: number }
  /** The broker does not have it: a relay publishes it. `broker` says whether the broker can be used. */
  | { readonly kind: 'undispatched'; readonly since: number; readonly broker: BrokerStatus }
  /** The broker could not route its message, which is set aside in the ledger as number `seq`: nothing runs it. Only RabbitMQ moves messages. */
  | { readonly kind: 'unroutable'; readonly since: number; readonly seq: number }
  | {
      readonly kind: 'dead';
      readonly since?: number;
      readonly attempts: number;
      readonly code: string;
      readonly message: string;
    }
  /** It ended in another way. */
  | { readonly kind: 'ended'; readonly state: JobRecord['state']; readonly since?: number }
  /** So many lists of events wait for the recorder: the job may be further than the ledger knows. */
  | { readonly kind: 'recorder-behind'; readonly waiting: number }
  /** No process that has the ledger answers workers: they start no job, for at most 30 s. */
  | { readonly kind: 'control-away' };

/** What is known where a job is explained. */
export interface Surroundings {
  readonly details: JobDetails;
  /** Its newest message that the broker could not route. */
  readonly unroutable: UnroutableEntry | undefined;
  /** Of its queue. */
  readonly pause: QueuePause | undefined;
  /** Workers that were seen lately, of all queues. */
  readonly workers: readonly SeenWorker[];
  readonly broker: BrokerStatus;
  /** Jobs that wait in its queue; undefined when the broker did not say. */
  readonly ready: number | undefined;
  /** Lists of events that wait for the recorder; undefined when the broker did not say. */
  readonly waitingEvents: number | undefined;
  readonly isControlAway: boolean;
  readonly now: number;
}

/** Codes of failures with which a job is held. */
const HELD_CODES: ReadonlySet<string> = new Set([
  'UNKNOWN_KIND',
  'UNSUPPORTED_VERSION',
  'HANDLER_NOT_LOADED',
]);

/** How long it may take until the ledger knows that the broker has a job, in milliseconds. */
const NOTED_WITHIN_MS = 2_000;

/** Every cause that holds, the most important first. Pure. */
export function causesOf(surroundings: Surroundings): readonly Cause[] {
  const { details, waitingEvents = 0 } = surroundings;
  const { job } = details;
  const isWaiting = job.state === 'queued' || job.state === 'scheduled' || job.state === 'retrying';
  const own = isWaiting
    ? waitingCauses(surroundings)
    : job.state === 'running'
      ? [runningCause(surroundings)]
      : endCauses(surroundings);
  return [
    ...own,
    ...(waitingEvents > 0 ? [{ kind: 'recorder-behind', waiting: waitingEvents } as const] : []),
  ];
}

function waitingCauses(surroundings: Surroundings): readonly Cause[] {
  const { details, unroutable, pause, broker, ready, isControlAway, now } = surroundings;
  const { job, undispatchedSince } = details;
  const causes: Cause[] = [];
  const isUndispatched =
    undispatchedSince !== undefined && (broker.state !== 'up' || now - undispatchedSince >= NOTED_WITHIN_MS);
  if (isUndispatched) causes.push({ kind: 'undispatched', since: undispatchedSince, broker });
  // A relay publishes it again.
  const isStuck = unroutable !== undefined && undispatchedSince === undefined && awaitsRun(job, unroutable);
  if (isStuck) causes.push({ kind: 'unroutable', since: unroutable.at, seq: unroutable.seq });
  const isHeld = job.failure !== undefined && HELD_CODES.has(job.failure.code) && job.state === 'queued';
  if (isHeld && job.failure !== undefined)
    causes.push({ kind: 'held', code: job.failure.code, message: job.failure.message });
  if (pause !== undefined) causes.push({ kind: 'paused', pause });
  const isDelayed = !isStuck && job.dueAt !== undefined && job.dueAt > now;
  if (isDelayed) causes.push({ kind: 'delayed', until: job.dueAt ?? now, because: delayOf(job) });
  causes.push(...workerCauses(surroundings));
  if (isControlAway) causes.push({ kind: 'control-away' });
  if (!isDelayed && !isUndispatched && !isStuck && ready !== undefined)
    causes.push({ kind: 'waiting', about: ready });
  return causes;
}

function delayOf({ state }: JobRecord): 'delay' | 'retry' | 'hold' {
  if (state === 'retrying') return 'retry';
  return state === 'scheduled' ? 'delay' : 'hold';
}

function workerCauses({ details: { job }, workers }: Surroundings): readonly Cause[] {
  const ofQueue = workers.filter(({ queues }) => queues.includes(job.queue));
  if (ofQueue.length === 0) return [{ kind: 'no-worker-for-queue', queue: job.queue }];
  return ofQueue.some(({ kinds }) => kinds.includes(job.kind))
    ? []
    : [{ kind: 'no-worker-for-kind', jobKind: job.kind, workers: ofQueue }];
}

function runningCause({ details: { job }, workers }: Surroundings): Cause {
  const { attempt, workerId, startedAt: since, runsOn } = job;
  const worker = workers.find(({ instanceId }) => instanceId === runsOn);
  return {
    kind: 'running',
    attempt,
    ...(workerId === undefined ? {} : { workerId }),
    ...(since === undefined ? {} : { since }),
    ...(worker === undefined ? {} : { worker }),
  };
}

function endCauses({ details: { job, attempts }, workers }: Surroundings): readonly Cause[] {
  const isThere = ({ workerId, instanceId = workerId }: AttemptRecord) =>
    workers.some((worker) => worker.instanceId === instanceId);
  const since = job.finishedAt === undefined ? {} : { since: job.finishedAt };
  const aborting = attempts.filter((attempt) => isAborting(job, attempt) && isThere(attempt)).map(toAborting);
  if (job.state !== 'dead') return [...aborting, { kind: 'ended', state: job.state, ...since }];
  const { code = 'INTERNAL', message = 'the ledger does not know why' } = job.failure ?? {};
  return [{ kind: 'dead', attempts: job.attempt, code, message, ...since }];
}

function isAborting({ generation = 0 }: JobRecord, attempt: AttemptRecord): boolean {
  return attempt.generation < generation && attempt.startedAt !== undefined && attempt.outcome === undefined;
}

function toAborting({ attempt, workerId, startedAt: since }: AttemptRecord): Cause {
  return {
    kind: 'aborting',
    attempt,
    ...(workerId === undefined ? {} : { workerId }),
    ...(since === undefined ? {} : { since }),
  };
}
