import {
  type AttemptResult,
  type Clock,
  type Delivery,
  decideSettlement,
  type JobEvent,
  type JobEventBase,
  type JobMessage,
  type Random,
  type RetryPolicy,
  type Settlement,
  type SettleOptions,
} from '@leveret/core';

/** What settling rests on. */
export interface SettleAttemptOptions {
  readonly delivery: Delivery;
  readonly result: AttemptResult;
  readonly retry: RetryPolicy;
  /** When the attempt began, in milliseconds since 1970; left out when it never did. */
  readonly startedAt?: number;
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
  | { readonly kind: 'release'; readonly news: readonly JobEvent[] };

/** What every event about `message` begins with. */
export function eventBase(message: JobMessage, maxAttempts: number, at: number): JobEventBase {
  const { id: jobId, kind, queue, attempt, createdAt } = message;
  return { jobId, kind, queue, attempt, maxAttempts, createdAt, at };
}

/** Turns the decision about an attempt into what the broker is to do. */
export function planSettlement(options: SettleAttemptOptions): SettlePlan {
  const { delivery, result, retry, startedAt, clock, random } = options;
  const { message } = delivery;
  const { attempt, heldMs } = message;
  const settlement = decideSettlement(result, { retry, attempt, heldMs, random });
  const base = eventBase(message, retry.attempts, clock.now());
  const ending = startedAt === undefined ? base : { startedAt, ...base };
  switch (settlement.kind) {
    case 'ack': {
      const { result } = settlement;
      return {
        kind: 'settle',
        settlement,
        options: { events: [{ type: 'succeeded', result, ...ending }] },
        news: [],
      };
    }
    case 'retry': {
      const { delayMs, failure } = settlement;
      const next: JobMessage = { ...message, attempt: attempt + 1, heldMs: 0 };
      const events: JobEvent[] = [{ type: 'retried', failure, delayMs, ...ending }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'requeue', message: next, delayMs }, events },
        news: [],
      };
    }
    case 'dead-letter': {
      const { failure } = settlement;
      const events: JobEvent[] = [{ type: 'dead-lettered', failure, ...ending }];
      return {
        kind: 'settle',
        settlement,
        options: { successor: { kind: 'dead-letter', message, failure }, events },
        news: [],
      };
    }
    case 'hold': {
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
    case 'hand-back':
      return { kind: 'release', news: [{ type: 'handed-back', ...base }] };
  }
}
