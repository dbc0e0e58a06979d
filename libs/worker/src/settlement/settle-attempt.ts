import {
  type AttemptEventBase,
  type AttemptResult,
  type Clock,
  type Delivery,
  decideSettlement,
  type JobEvent,
  type JobMessage,
  type Json,
  maxAttemptsOf,
  type Random,
  type RetryPolicy,
  runOf,
  type Settlement,
  type SettleOptions,
  type StartedEvent,
  type SucceededEvent,
  withFailure,
} from '@leveret/core';

/** What settling rests on. */
export interface SettleAttemptOptions {
  readonly delivery: Delivery;
  readonly result: AttemptResult;
  readonly retry: RetryPolicy;
  /** When the attempt began, in milliseconds since 1970; left out when it never did. */
  readonly startedAt?: number;
  /** Deaths that the job is charged with before this attempt; as its message says when left out. */
  readonly crashes?: number;
}

/** Who runs attempts, as every event of them says it. */
export interface WorkerIdentity {
  readonly workerId: string;
  /** This run of the worker: the worker's id where that is made anew for each. */
  readonly instanceId: string;
  /** Version of the code that it runs. */
  readonly version: string;
  /** The machine that it runs on. */
  readonly host: string;
}

/** What deciding works with. */
export interface SettleAttemptMeans {
  readonly worker: WorkerIdentity;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is to be done with a delivery: settle it, or give it back. Either way `news` is told. */
export type SettlePlan =
  | {
      readonly kind: 'settle';
      readonly settlement: Settlement;
      readonly options: SettleOptions;
      readonly news: readonly JobEvent[];
    }
  | { readonly kind: 'release'; readonly settlement: Settlement; readonly news: readonly JobEvent[] };

const NO_NEWS: readonly JobEvent[] = [];

/** What an event of an attempt says besides what the message does. */
export interface AttemptEventOptions {
  readonly maxAttempts: number;
  readonly at: number;
  readonly worker: WorkerIdentity;
}

/** What every event about `message` begins with. */
export function eventBase(
  message: JobMessage,
  { maxAttempts, at, worker }: AttemptEventOptions,
): Required<AttemptEventBase> {
  const { id: jobId, kind, queue, attempt, createdAt } = message;
  const { workerId, version, host } = worker;
  const instanceId = instanceOf(worker);
  const run = runOf(message) || undefined;
  const generation = message.generation || undefined;
  const base = { jobId, kind, queue, attempt, maxAttempts, createdAt, at, workerId, instanceId };
  return { ...base, version, host, run, generation };
}

function instanceOf({ workerId, instanceId }: WorkerIdentity): string | undefined {
  return instanceId === workerId ? undefined : instanceId;
}

/** That an attempt began. */
export function startedEvent(
  message: JobMessage,
  { maxAttempts, at, worker }: AttemptEventOptions,
): StartedEvent {
  const { id: jobId, kind, queue, attempt, createdAt } = message;
  const { workerId, version, host } = worker;
  return {
    type: 'started',
    jobId,
    kind,
    queue,
    attempt,
    maxAttempts,
    createdAt,
    at,
    workerId,
    instanceId: instanceOf(worker),
    version,
    host,
    run: runOf(message) || undefined,
    generation: message.generation || undefined,
  };
}

/** Turns the decision about an attempt into what the broker is to do. */
export function planSettlement(
  options: SettleAttemptOptions,
  { clock, random, worker }: SettleAttemptMeans,
): SettlePlan {
  const { delivery, result, retry, startedAt } = options;
  const { message } = delivery;
  const { attempt, heldMs } = message;
  const { crashes = message.crashes } = options;
  const maxAttempts = maxAttemptsOf(message, retry);
  const settlement = decideSettlement(result, { retry, attempt, maxAttempts, heldMs, crashes, random });
  const told = { maxAttempts, at: clock.now(), worker };
  const isRepeated = delivery.origin === 'first' ? undefined : true;
  if (settlement.kind === 'ack') {
    const { result: kept } = settlement;
    const { at } = told;
    const success = { maxAttempts, at, worker, result: kept, startedAt: startedAt ?? at, isRepeated };
    const events = [succeededEvent(message, success)];
    return { kind: 'settle', settlement, options: { events }, news: NO_NEWS };
  }
  const base = eventBase(message, told);
  const ending = startedAt === undefined ? { isRepeated, ...base } : { startedAt, isRepeated, ...base };
  switch (settlement.kind) {
    case 'retry': {
      const { delayMs, failure } = settlement;
      const next = { ...withFailure(message, failure, base.at), attempt: attempt + 1, heldMs: 0 };
      const events: JobEvent[] = [{ type: 'retried', state: 'retrying', failure, delayMs, ...ending }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'requeue', message: next, delayMs }, events },
        news: NO_NEWS,
      };
    }
    case 'dead-letter': {
      const { failure } = settlement;
      const events: JobEvent[] = [{ type: 'dead-lettered', state: 'dead', failure, ...ending }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'dead-letter', message, failure }, events },
        news: NO_NEWS,
      };
    }
    case 'rerun': {
      const { delayMs, failure, crashes: charged } = settlement;
      const next = { ...withFailure(message, failure, base.at), crashes: charged };
      const news: JobEvent[] = [{ type: 'crashed', failure, delayMs, crashes: charged, ...base }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'requeue', message: next, delayMs }, events: [] },
        news,
      };
    }
    case 'defer': {
      const { delayMs, failure } = settlement;
      const next: JobMessage = { ...message, heldMs: heldMs + delayMs };
      const news: JobEvent[] = [{ type: 'held', failure, delayMs, ...base }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'requeue', message: next, delayMs }, events: [] },
        news,
      };
    }
    case 'snooze': {
      const { delayMs } = settlement;
      const snoozes = message.snoozes + 1;
      const next: JobMessage = { ...message, snoozes, heldMs: 0 };
      const events: JobEvent[] = [{ type: 'snoozed', delayMs, snoozes, ...base }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'requeue', message: next, delayMs }, events },
        news: NO_NEWS,
      };
    }
    case 'cancel': {
      const events: JobEvent[] = [{ type: 'cancelled', state: 'cancelled', ...ending }];
      return { kind: 'settle', settlement, options: { events }, news: NO_NEWS };
    }
    case 'release':
      return { kind: 'release', settlement, news: [{ type: 'handed-back', ...base }] };
  }
}

interface SuccessOptions extends AttemptEventOptions {
  readonly result: Json;
  readonly startedAt: number;
  readonly isRepeated: boolean | undefined;
}

/** Written out from the message: spreading an object takes several times as long, and most jobs end so. */
function succeededEvent(
  message: JobMessage,
  { maxAttempts, at, worker, result, startedAt, isRepeated }: SuccessOptions,
): SucceededEvent {
  const { id: jobId, kind, queue, attempt, createdAt } = message;
  const { workerId, version, host } = worker;
  return {
    type: 'succeeded',
    state: 'succeeded',
    result,
    startedAt,
    jobId,
    kind,
    queue,
    attempt,
    maxAttempts,
    createdAt,
    at,
    workerId,
    instanceId: instanceOf(worker),
    version,
    host,
    run: runOf(message) || undefined,
    generation: message.generation || undefined,
    isRepeated,
  };
}
