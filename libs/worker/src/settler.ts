import {
  type AttemptResult,
  type Clock,
  type Delivery,
  type LogFields,
  type Logger,
  messageOf,
  type Random,
  type SettleOptions,
  sleep,
} from '@leveret/core';
import type { EventOutbox } from './event-outbox.ts';
import { planSettlement, type SettleAttemptOptions } from './settle-attempt.ts';

/** Waits between tries to settle, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** What a settler works with. */
export interface SettlerOptions {
  readonly outbox: EventOutbox;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A delivery, and what became of it. */
type Finished = Omit<SettleAttemptOptions, 'clock' | 'random'>;

/** Brings attempts to their settlement. */
export interface Settler {
  /**
   * Settles a delivery, again and again until the broker has taken it: until then it stays unacknowledged, and prefetch is
   * the back-pressure.
   */
  settle(finished: Finished): Promise<void>;
  /** Resolves when everything is settled that was begun. */
  idle(): Promise<void>;
  /** From now on a settlement that fails is given up: its delivery returns to the queue. */
  hurry(): void;
}

/** Creates a settler. */
export function createSettler({ outbox, tellOutcomes, clock, random, logger }: SettlerOptions): Settler {
  const hurrying = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function persist(delivery: Delivery, options: SettleOptions): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await delivery.settle(options);
      } catch (error) {
        if (hurrying.signal.aborted) return delivery.release();
        logger.warn(
          { ...fieldsOf(delivery), error: messageOf(error) },
          'cannot settle a job: will try again',
        );
        await sleep(clock, waitMs, hurrying.signal);
      }
    }
  }

  return {
    async settle(finished) {
      const { delivery, result } = finished;
      logResult(logger, delivery, result);
      const plan = planSettlement({ clock, random, ...finished });
      for (const event of plan.news) outbox.add(event);
      if (plan.kind === 'release') return delivery.release();
      const work = persist(delivery, tellOutcomes ? plan.options : { ...plan.options, events: [] });
      underWay.add(work);
      try {
        await work;
      } finally {
        underWay.delete(work);
      }
    },
    async idle() {
      await Promise.allSettled(underWay);
    },
    hurry: () => hurrying.abort(),
  };
}

function fieldsOf({ message: { id: jobId, kind, queue, attempt } }: Delivery): LogFields {
  return { jobId, kind, queue, attempt };
}

function logResult(logger: Logger, delivery: Delivery, result: AttemptResult): void {
  const fields = fieldsOf(delivery);
  switch (result.kind) {
    case 'succeeded':
      return logger.debug(fields, 'job done');
    case 'handed-back':
      return logger.info(fields, 'job handed back');
    case 'not-understood':
      return logger.warn(
        { ...fields, code: result.failure.code, reason: result.failure.message },
        'job held',
      );
    case 'failed':
    case 'given-up':
      return logger.warn(
        { ...fields, code: result.failure.code, reason: result.failure.message },
        'attempt failed',
      );
  }
}
