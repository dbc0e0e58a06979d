import { setMaxListeners } from 'node:events';
import {
  type Clock,
  createUnderWay,
  type Delivery,
  failureOf,
  type JobMessage,
  type LogFields,
  type Logger,
  leveretCodeOf,
  messageOf,
  type Random,
  type SettleOptions,
  sleep,
} from '@leveret/core';
import type { Hooks } from '../handler/hooks.ts';
import type { Starts } from '../starts/starts.ts';
import type { AttemptReports, EndedAttempt } from './attempt-reports.ts';
import type { EventOutbox } from './event-outbox.ts';
import {
  eventBase,
  planSettlement,
  type SettleAttemptOptions,
  type WorkerIdentity,
} from './settle-attempt.ts';

/** Waits between tries to settle, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
/** Faults in a row after which a settlement counts as one that cannot be carried out. */
const MAX_FAULTS = 5;

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
  readonly reports: AttemptReports;
  readonly hooks: Hooks;
}

const NOTHING_TO_TELL: SettleOptions = { events: [] };

/** How a delivery ended: it is settled, or back on its queue. */
export type Ending = 'settled' | 'released';

/** Brings attempts to their settlement. */
export interface Settler {
  /**
   * Settles a delivery, again and again until the broker has taken it: until then it stays unacknowledged, and prefetch is
   * the back-pressure. While the broker does not answer, this waits: it settles when the broker answers, and the delivery returns
   * to its queue when the connection ends. Where settling fails for another reason than an absent broker, the job is settled as a
   * failed attempt instead. Resolves with what became of it; rejects when not even that can be carried out.
   */
  settle(finished: SettleAttemptOptions): Promise<Ending>;
  /** Acknowledges a message that is superseded, and tells that it is gone. @param maxAttempts The last attempt that the job gets. */
  supersede(delivery: Delivery, maxAttempts: number): Promise<Ending>;
  /** Settles a delivery whose outcome is known already: there is nothing to tell. */
  acknowledge(delivery: Delivery): Promise<Ending>;
  /**
   * Sends a delivery to its queue once more, uncharged, after `delayMs`. It stays marked as one that may be a repetition. Its run has not ended:
   * other deliveries of the run are to be released.
   */
  defer(delivery: Delivery, delayMs: number): Promise<'released'>;
  /** Resolves when nothing is being settled. */
  idle(): Promise<void>;
  /** From now on a settlement that fails is given up: its delivery returns to the queue. */
  hurry(): void;
}

/** What was decided about an attempt. */
interface Decided {
  /** What the broker is to do; undefined when the delivery is released. */
  readonly options: SettleOptions | undefined;
  /** What is to be reported when that is durable; undefined when the job is done. */
  readonly ended: EndedAttempt | undefined;
}

/** By far the most frequent end in direct mode: there is nothing to decide and nothing to tell. */
const DONE: Decided = { options: NOTHING_TO_TELL, ended: undefined };

/** Creates a settler. */
export function createSettler(options: SettlerOptions): Settler {
  const { outbox, starts, tellOutcomes, worker, clock, random, logger, reports, hooks } = options;
  const hurrying = new AbortController();
  // Everything that waits to be settled listens: Node would take more than ten for a leak.
  setMaxListeners(0, hurrying.signal);
  const means = { worker, clock, random };
  const underWay = createUnderWay();

  function decide(finished: SettleAttemptOptions): Decided {
    const { delivery, retry, result } = finished;
    const { message } = delivery;
    if (result.kind === 'succeeded') {
      noteDone(delivery, result.leftOut);
      if (!tellOutcomes) return DONE;
    }
    const plan = planSettlement(finished, means);
    const settleOptions = plan.kind === 'settle' ? plan.options : undefined;
    for (const event of plan.news) outbox.add(event);
    const toSettle = settleOptions && told(message, settleOptions);
    if (plan.settlement.kind === 'ack') return { options: toSettle, ended: undefined };
    const ended = { message, retry, result, settlement: plan.settlement, at: clock.now() };
    reports.ended(ended);
    return { options: toSettle, ended };
  }

  /** The settlement with the events that are told: before an outcome, the lines that its attempt logged and that were not sent yet. */
  function told(message: JobMessage, settlement: SettleOptions): SettleOptions {
    if (!tellOutcomes) return { ...settlement, ...NOTHING_TO_TELL };
    if (settlement.events.length === 0) return settlement;
    const logged = outbox.withdraw(message);
    return logged === undefined ? settlement : { ...settlement, events: [logged, ...settlement.events] };
  }

  /** The attempt has failed because this worker did: it is charged, so that the job cannot come back without end. */
  function decideFault(finished: SettleAttemptOptions, error: unknown): Decided {
    hooks.fault(error, fieldsOf(finished.delivery));
    return decide({ ...finished, result: { kind: 'failed', failure: failureOf(error, 'INTERNAL') } });
  }

  function decideSafely(finished: SettleAttemptOptions): Decided {
    try {
      return decide(finished);
    } catch (error) {
      return decideFault(finished, error);
    }
  }

  function noteDone(delivery: Delivery, leftOut: string | undefined): void {
    const fields = fieldsOf(delivery);
    if (leftOut === undefined) return logger.debug(fields, 'job done');
    logger.warn({ ...fields, reason: leftOut }, 'job done, but its result could not be kept as it is');
  }

  function noteFailure(delivery: Delivery, error: unknown): void {
    const fields = { ...fieldsOf(delivery), error: messageOf(error) };
    logger.warn(fields, 'cannot settle a job: the worker tries until it can');
  }

  /**
   * Until the broker has taken it, or nobody waits any longer. The only promise that a job's settlement costs here.
   *
   * @param finished The attempt, which has failed where its settlement cannot be carried out; absent where none was made.
   */
  async function carryOut(
    delivery: Delivery,
    first: Decided,
    finished?: SettleAttemptOptions,
  ): Promise<Ending> {
    underWay.begin();
    try {
      let decided = first;
      let faultCount = 0;
      for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
        if (decided.options === undefined) return await release(delivery);
        try {
          await delivery.settle(decided.options);
          if (decided.ended !== undefined) reports.settled(decided.ended);
          return 'settled';
        } catch (error) {
          if (hurrying.signal.aborted) return await release(delivery);
          if (waitMs === FIRST_RETRY_MS) noteFailure(delivery, error);
          faultCount = isFault(error) ? faultCount + 1 : 0;
          if (finished !== undefined && faultCount === MAX_FAULTS) decided = decideFault(finished, error);
          if (finished !== undefined && faultCount > 2 * MAX_FAULTS) throw error;
          await sleep(clock, waitMs, hurrying.signal);
        }
      }
    } finally {
      underWay.end();
    }
  }

  /** The attempt comes again, at once or later, and its start has ended. */
  async function endUnfinished(finished: SettleAttemptOptions, decided: Decided): Promise<Ending> {
    const { delivery } = finished;
    underWay.begin();
    try {
      if (decided.options !== undefined) await starts.noteEnds([delivery.message]);
      return await carryOut(delivery, decided, finished);
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
      const { delivery } = finished;
      try {
        const decided = decideSafely(finished);
        return decided.options === undefined || keepsAttempt(delivery, decided.options)
          ? endUnfinished(finished, decided)
          : carryOut(delivery, decided, finished);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    supersede(delivery, maxAttempts) {
      const { message } = delivery;
      logger.info(fieldsOf(delivery), 'message superseded: it is not run');
      const event = {
        type: 'superseded',
        ...eventBase(message, { maxAttempts, at: clock.now(), worker }),
      } as const;
      return carryOut(delivery, { options: { events: [event] }, ended: undefined });
    },
    acknowledge: (delivery) => carryOut(delivery, DONE),
    async defer(delivery, delayMs) {
      const successor = { kind: 'requeue', message: delivery.message, delayMs, isResent: true } as const;
      await carryOut(delivery, { options: { successor, events: [] }, ended: undefined });
      return 'released';
    },
    idle: underWay.idle,
    hurry: () => hurrying.abort(),
  };
}

/** Whether an error is a fault, and where it lasts one of this settlement. A broker that is away says so by a code. */
function isFault(error: unknown): boolean {
  const code = leveretCodeOf(error);
  return code === undefined || code === 'ENTRY_REFUSED';
}

/** Whether the job comes again as the same attempt. */
function keepsAttempt({ message }: Delivery, { successor }: SettleOptions): boolean {
  return successor?.kind === 'requeue' && successor.message.attempt === message.attempt;
}

function fieldsOf({ message: { id: jobId, kind, queue, attempt } }: Delivery): LogFields {
  return { jobId, kind, queue, attempt };
}
