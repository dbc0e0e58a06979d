import { type Logger, messageOf } from '@leveret/core';
import { createJobSubscription, type JobSubscriptionOptions } from './job-subscription.ts';
import type { PrefetchGovernor } from './prefetch.ts';

/** What consuming works with. */
export interface ConsumptionOptions extends JobSubscriptionOptions {
  readonly governor: PrefetchGovernor;
  readonly logger: Logger;
}

/** Why a queue is not consumed: all slots are held by handlers that do not end, or an operator has paused the queue. */
export type PauseReason = 'stuck' | 'control';

/** Consumes one queue, with a prefetch that follows the work. */
export interface Consumption {
  /** Does nothing once stopped. */
  start(): Promise<void>;
  /** Takes note of a handler's duration, in milliseconds: the prefetch may change. */
  observe(durationMs: number): void;
  /** Consumes nothing until {@link resume} is called for the same reason. Resolves when nothing is delivered any more; never rejects. */
  pause(reason: PauseReason): Promise<void>;
  /** Consumes again, unless it is paused for another reason. */
  resume(reason: PauseReason): void;
  /** Ends it for good. Never rejects. */
  stop(): Promise<void>;
}

/** Creates a consumption that has not started. */
export function createConsumption(options: ConsumptionOptions): Consumption {
  const { queue, governor, logger } = options;
  const subscription = createJobSubscription(options);
  let prefetch = governor.initial;
  const pausedFor = new Set<PauseReason>();
  let isStopped = false;
  let changing: Promise<void> | undefined;

  function change(work: () => Promise<void>): void {
    const before = changing ?? Promise.resolve();
    const change = before.then(work).then(noteDone, (error: unknown) => {
      logger.warn({ queue, error: messageOf(error) }, 'cannot change how a queue is consumed');
      noteDone();
    });
    changing = change;

    function noteDone(): void {
      if (changing === change) changing = undefined;
    }
  }

  function isPauseOver(): boolean {
    return pausedFor.size === 0 && !isStopped;
  }

  return {
    async start() {
      if (!isPauseOver()) return;
      await subscription.use(prefetch);
      // It may have been paused while it began.
      if (!isPauseOver()) await subscription.pause();
    },
    observe(durationMs) {
      const wanted = governor.observe(durationMs);
      if (wanted === undefined || !isPauseOver() || changing !== undefined) return;
      change(async () => {
        await subscription.use(wanted);
        prefetch = wanted;
        governor.changed(wanted);
      });
    },
    pause(reason) {
      pausedFor.add(reason);
      change(() => (isPauseOver() ? Promise.resolve() : subscription.pause()));
      return changing ?? Promise.resolve();
    },
    resume(reason) {
      if (!pausedFor.delete(reason) || pausedFor.size > 0) return;
      change(() => (isPauseOver() ? subscription.use(prefetch) : Promise.resolve()));
    },
    stop() {
      isStopped = true;
      return subscription.stop();
    },
  };
}
