import {
  type Broker,
  type Clock,
  type ControlDone,
  type ControlRefusal,
  type ControlRequest,
  createUnderWay,
  type JobReader,
  type JobStore,
  LeveretError,
  type Logger,
  MAX_CONTROL_REASON,
  newId,
  type QueueControl,
  type Random,
  systemClock,
  systemRandom,
  toLogger,
  type UnawareWorker,
} from '@leveret/core';
import { type Confirmation, createConfirmations } from './confirm/confirmations.ts';
import { createUnawareFinder } from './confirm/unaware.ts';
import { createDispatch } from './dispatch.ts';
import { type Explanation, explainJob } from './explain/explain.ts';
import { createOperations, type Operations } from './operations/operations.ts';

/** What control works with. */
export interface ControlOptions {
  readonly broker: Broker;
  /** The ledger: without one there is no control. */
  readonly store: JobStore;
  /** Finds the jobs of operations, and workers that do not ask. */
  readonly reader: JobReader;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** What workers know of an action. */
export interface Awareness extends Confirmation {
  /**
   * Workers that started jobs of the queue in the last hour, and do not ask what control has decided. They may start what is forbidden: update or stop
   * them, and act again on what ran.
   */
  readonly unaware: readonly UnawareWorker[];
}

/** What became of an action on a job. */
export interface ActionReceipt extends Omit<ControlDone, 'outgoing' | 'seq'>, Awareness {
  /**
   * `published`: the job runs again, and the broker has it. `undispatched`: it runs again as soon as a relay has published it, because the broker is
   * away. Absent for an action after which the job does not run.
   */
  readonly dispatch?: 'published' | 'undispatched';
  /** Of a job that runs again: the attempt that it starts with. */
  readonly attempt?: number;
}

/** What became of pausing or resuming a queue. */
export interface QueueReceipt extends Awareness {
  /** False when it was paused, or not paused, already. */
  readonly isChanged: boolean;
}

/**
 * What operators do. Every action is durable in the ledger when it resolves, and as long as a process with the ledger answers workers, none starts any more
 * what it forbids: each has confirmed that, or asks before it starts another job. Workers that do not ask are named.
 */
export interface Control {
  /**
   * Acts on one job. Of a running job that is cancelled or retried, the handler's signal is aborted: how it ended is in the record of the attempt.
   * @throws {LeveretError} `JOB_NOT_FOUND`, `ACTION_REFUSED` when the state of the job does not allow it, `STORE_UNAVAILABLE`.
   * @throws {RangeError} for an author or a reason that is too long.
   */
  act(request: ControlRequest): Promise<ActionReceipt>;
  /** Pauses a queue: workers start none of its jobs until it is resumed. @throws {LeveretError} `STORE_UNAVAILABLE`. */
  pauseQueue(pause: QueueControl): Promise<QueueReceipt>;
  /** @throws {LeveretError} `STORE_UNAVAILABLE`. */
  resumeQueue(resume: QueueControl): Promise<QueueReceipt>;
  /**
   * Why a job is where it is. @throws {LeveretError} `JOB_NOT_FOUND`, `STORE_UNAVAILABLE`.
   */
  explain(jobId: string): Promise<Explanation>;
  /** Actions on many jobs. */
  readonly operations: Operations;
  /** Waits for actions and explanations under way, and stops listening. Broker, store and reader stay open. Safe to call twice. */
  close(): Promise<void>;
}

/** Creates control. */
export function createControl(options: ControlOptions): Control {
  const { broker, store, reader, clock = systemClock, random = systemRandom } = options;
  const logger = toLogger(options.logger);
  const id = newId(clock, random);
  const confirmations = createConfirmations({ store, live: broker.live, id, clock, logger });
  const dispatch = createDispatch({ broker, store, logger });
  const underWay = createUnderWay();
  const unaware = createUnawareFinder({ reader, clock, logger });
  const operations = createOperations({ store, reader, confirmations, unaware, dispatch, holder: id, clock });

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    underWay.begin();
    try {
      return await work();
    } finally {
      underWay.end();
    }
  }

  async function act(request: ControlRequest): Promise<ActionReceipt> {
    requireReason(request);
    const [answer] = await store.control([request]);
    if (answer === undefined || answer.kind === 'refused') throw toError(request, answer);
    const { outgoing, seq, ...done } = answer;
    const looking = seq === undefined ? [] : unaware.find([done.queue]);
    const known = seq === undefined ? NOBODY : await confirmations.confirm(seq, [done.queue]);
    if (outgoing === undefined) return { ...done, ...known, unaware: await looking };
    // Not before: a worker that does not know of it yet could run the old message beside the new one.
    const left = await dispatch.publish([outgoing]);
    return {
      ...done,
      ...known,
      unaware: await looking,
      dispatch: left.length === 0 ? 'published' : 'undispatched',
      attempt: outgoing.message.attempt,
    };
  }

  async function setPause(
    change: 'pauseQueue' | 'resumeQueue',
    request: QueueControl,
  ): Promise<QueueReceipt> {
    requireReason(request);
    const { isChanged, seq } = await store[change](request);
    const looking = unaware.find([request.queue]);
    const known = await confirmations.confirm(seq, [request.queue]);
    return { isChanged, ...known, unaware: await looking };
  }

  return {
    act: (request) => counted(() => act(request)),
    pauseQueue: (pause) => counted(() => setPause('pauseQueue', pause)),
    resumeQueue: (resume) => counted(() => setPause('resumeQueue', resume)),
    explain: (jobId) => counted(() => explainJob(jobId, { broker, store, reader, clock })),
    operations,
    async close() {
      await underWay.idle();
      await confirmations.close();
    },
  };
}

/** Of an action that no worker need know of. */
const NOBODY: Omit<Awareness, 'unaware'> = { confirmed: [], silent: [], isControlAway: false };

function requireReason({ reason = '' }: { readonly reason?: string }): void {
  if (reason.length > MAX_CONTROL_REASON)
    throw new RangeError(
      `a reason has at most ${MAX_CONTROL_REASON} characters; this one has ${reason.length}`,
    );
}

function toError({ jobId, action }: ControlRequest, refusal: ControlRefusal | undefined): LeveretError {
  const { code, reason } = refusal ?? { code: 'INTERNAL', reason: 'the ledger gave no answer' };
  return new LeveretError(code, reason, { details: { jobId, action } });
}
