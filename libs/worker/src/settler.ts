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
import type { NoteEnd } from './suspects.ts';

/** Waits between tries to settle, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

/** What a settler works with. */
export interface SettlerOptions {
  readonly worker: WorkerIdentity;
  readonly outbox: EventOutbox;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const NOTHING_TO_TELL: SettleOptions = { events: [] };

/** How a delivery ended: it is settled, or back on its queue. */
export type Ending = 'settled' | 'released';

/** A delivery, and what became of it. */
interface Finished extends SettleAttemptOptions {
  /** Of a suspect: called when it is settled, or before it goes back. */
  readonly noteEnd?: NoteEnd;
}

/** Brings attempts to their settlement. */
export interface Settler {
  /**
   * Settles a delivery, again and again until the broker has taken it: until then it stays unacknowledged, and prefetch is
   * the back-pressure. Resolves with what became of it. While the broker does not answer, this waits: it settles when the
   * broker answers, and the delivery returns to its queue when the connection ends.
   */
  settle(finished: Finished): Promise<Ending>;
  /** Resolves when nothing is being settled. */
  idle(): Promise<void>;
  /** From now on a settlement that fails is given up: its delivery returns to the queue. */
  hurry(): void;
}

/** Creates a settler. */
export function createSettler(options: SettlerOptions): Settler {
  const { outbox, tellOutcomes, worker, clock, random, logger } = options;
  const hurrying = new AbortController();
  // Everything that waits to be settled listens: Node would take more than ten for a leak.
  setMaxListeners(0, hurrying.signal);
  const means = { worker, clock, random };
  const underWay = createUnderWay();

  /** What the broker is to do; undefined when the delivery goes back. */
  function decide(finished: Finished): SettleOptions | undefined {
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

  return {
    async settle(finished) {
      const { delivery, result, noteEnd } = finished;
      underWay.begin();
      try {
        logResult(logger, delivery, result);
        const options = decide(finished);
        if (options === undefined) return await release(delivery, noteEnd);
        for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
          try {
            await delivery.settle(options);
            if (noteEnd !== undefined) await noteEnd(options.events);
            return 'settled';
          } catch (error) {
            if (hurrying.signal.aborted) return await release(delivery, noteEnd);
            noteFailure(delivery, error);
            await sleep(clock, waitMs, hurrying.signal);
          }
        }
      } finally {
        underWay.end();
      }
    },
    idle: underWay.idle,
    hurry: () => hurrying.abort(),
  };
}

async function release(delivery: Delivery, noteEnd: NoteEnd | undefined): Promise<Ending> {
  if (noteEnd !== undefined) await noteEnd();
  delivery.release();
  return 'released';
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
