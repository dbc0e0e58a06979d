import { setMaxListeners } from 'node:events';
import {
  type AttemptResult,
  type Clock,
  createUnderWay,
  type Delivery,
  type LogFields,
  type Logger,
  messageOf,
  type Random,
  type SettleOptions,
  sleep,
} from '@leveret/core';
import type { EventOutbox } from './event-outbox.ts';
import { planSettlement, type SettleAttemptOptions, type WorkerIdentity } from './settle-attempt.ts';
import type { Starts } from './starts.ts';

/** Waits between tries to settle, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

/** What a settler works with. */
export interface SettlerOptions {
  readonly worker: WorkerIdentity;
  readonly outbox: EventOutbox;
  /** Told of each start that ends without an outcome, before its job can come again. */
  readonly starts: Pick<Starts, 'noteEnds'>;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const NOTHING_TO_TELL: SettleOptions = { events: [] };

/** How a delivery ended: it is settled, or back on its queue. */
export type Ending = 'settled' | 'released';

/** Brings attempts to their settlement. */
export interface Settler {
  /**
   * Settles a delivery, again and again until the broker has taken it: until then it stays unacknowledged, and prefetch is
   * the back-pressure. Resolves with what became of it. While the broker does not answer, this waits: it settles when the
   * broker answers, and the delivery returns to its queue when the connection ends.
   */
  settle(finished: SettleAttemptOptions): Promise<Ending>;
  /** Settles a delivery whose outcome is known already: there is nothing to tell. */
  acknowledge(delivery: Delivery): Promise<Ending>;
  /** Sends a delivery to its queue once more, uncharged, after `delayMs`. It stays marked as one that may be a repetition. */
  defer(delivery: Delivery, delayMs: number): Promise<Ending>;
  /** Resolves when nothing is being settled. */
  idle(): Promise<void>;
  /** From now on a settlement that fails is given up: its delivery returns to the queue. */
  hurry(): void;
}

/** Creates a settler. */
export function createSettler(options: SettlerOptions): Settler {
  const { outbox, starts, tellOutcomes, worker, clock, random, logger } = options;
  const hurrying = new AbortController();
  // Everything that waits to be settled listens: Node would take more than ten for a leak.
  setMaxListeners(0, hurrying.signal);
  const means = { worker, clock, random };
  const underWay = createUnderWay();

  /** What the broker is to do; undefined when the delivery goes back. */
  function decide(finished: SettleAttemptOptions): SettleOptions | undefined {
    const { delivery, result } = finished;
    // By far the most frequent end in direct mode: there is nothing to decide and nothing to tell.
    if (!tellOutcomes && result.kind === 'succeeded') return NOTHING_TO_TELL;
    const plan = planSettlement(finished, means);
    for (const event of plan.news) outbox.add(event);
    if (plan.kind === 'release') return undefined;
    const { id, attempt } = delivery.message;
    if (!tellOutcomes) return { ...plan.options, ...NOTHING_TO_TELL };
    if (plan.options.events.length > 0) outbox.withdraw(id, attempt);
    return plan.options;
  }

  function noteFailure(delivery: Delivery, error: unknown): void {
    logger.warn({ ...fieldsOf(delivery), error: messageOf(error) }, 'cannot settle a job: will try again');
  }

  /** Until the broker has taken it, or nobody waits any longer. The only promise that a job's settlement costs here. */
  async function carryOut(delivery: Delivery, options: SettleOptions): Promise<Ending> {
    underWay.begin();
    try {
      for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
        try {
          await delivery.settle(options);
          return 'settled';
        } catch (error) {
          if (hurrying.signal.aborted) return await release(delivery);
          noteFailure(delivery, error);
          await sleep(clock, waitMs, hurrying.signal);
        }
      }
    } finally {
      underWay.end();
    }
  }

  /** Released, or sent once more when `options` say so: the attempt comes again, and its start has ended. */
  async function endUnfinished(delivery: Delivery, options: SettleOptions | undefined): Promise<Ending> {
    underWay.begin();
    try {
      if (options === undefined) return await release(delivery);
      await starts.noteEnds([delivery.message]);
      return await carryOut(delivery, options);
    } finally {
      underWay.end();
    }
  }

  async function release(delivery: Delivery): Promise<Ending> {
    await starts.noteEnds([delivery.message]);
    delivery.release();
    return 'released';
  }

  return {
    settle(finished) {
      const { delivery, result } = finished;
      try {
        logResult(logger, delivery, result);
        const options = decide(finished);
        if (options === undefined || keepsAttempt(delivery, options)) return endUnfinished(delivery, options);
        return carryOut(delivery, options);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    acknowledge: (delivery) => carryOut(delivery, NOTHING_TO_TELL),
    defer(delivery, delayMs) {
      const successor = { kind: 'requeue', message: delivery.message, delayMs, isResent: true } as const;
      return carryOut(delivery, { successor, events: [] });
    },
    idle: underWay.idle,
    hurry: () => hurrying.abort(),
  };
}

/** Whether the job comes again as the same attempt. */
function keepsAttempt({ message }: Delivery, { successor }: SettleOptions): boolean {
  return successor?.kind === 'requeue' && successor.message.attempt === message.attempt;
}

function fieldsOf({ message: { id: jobId, kind, queue, attempt } }: Delivery): LogFields {
  return { jobId, kind, queue, attempt };
}

function logResult(logger: Logger, delivery: Delivery, result: AttemptResult): void {
  const fields = fieldsOf(delivery);
  switch (result.kind) {
    case 'succeeded':
      if (result.leftOut !== undefined)
        logger.warn(
          { ...fields, reason: result.leftOut },
          'job done, but its result could not be kept as it is',
        );
      return logger.debug(fields, 'job done');
    case 'handed-back':
      return logger.info(fields, 'job released');
    case 'snoozed':
      return logger.info(fields, 'job snoozed');
    case 'not-understood':
      return logger.warn(
        { ...fields, code: result.failure.code, reason: result.failure.message },
        'job deferred',
      );
    case 'failed':
    case 'crashed':
    case 'retry-later':
    case 'given-up':
      return logger.warn(
        { ...fields, code: result.failure.code, reason: result.failure.message },
        'attempt failed',
      );
  }
}
