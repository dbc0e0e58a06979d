import { type Logger, messageOf } from '@leveret/core';
import { createJobSubscription, type JobSubscriptionOptions } from './job-subscription.ts';
import type { PrefetchGovernor } from './prefetch.ts';

/** What consuming works with. */
export interface ConsumptionOptions extends JobSubscriptionOptions {
  readonly governor: PrefetchGovernor;
  readonly logger: Logger;
}

/** Consumes one queue, with a prefetch that follows the work. */
export interface Consumption {
  /** Does nothing once stopped. */
  start(): Promise<void>;
  /** Takes note of a handler's duration, in milliseconds: the prefetch may change. */
  observe(durationMs: number): void;
  /** Consumes nothing for a while. Resolves when nothing is delivered any more; never rejects. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends it for good. Never rejects. */
  stop(): Promise<void>;
}

/** Creates a consumption that has not started. */
export function createConsumption(options: ConsumptionOptions): Consumption {
  const { queue, governor, logger } = options;
  const subscription = createJobSubscription(options);
  let prefetch = governor.initial;
  let isPaused = false;
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
    return !isPaused && !isStopped;
  }

  return {
    start: () => subscription.use(prefetch),
    observe(durationMs) {
      const wanted = governor.observe(durationMs);
      if (wanted === undefined || isStopped || isPaused || changing !== undefined) return;
      change(async () => {
        await subscription.use(wanted);
        prefetch = wanted;
        governor.changed(wanted);
      });
    },
    pause() {
      isPaused = true;
      change(() => (isPaused ? subscription.pause() : Promise.resolve()));
      return changing ?? Promise.resolve();
    },
    resume() {
      isPaused = false;
      change(() => (isPauseOver() ? subscription.use(prefetch) : Promise.resolve()));
    },
    stop() {
      isStopped = true;
      return subscription.stop();
    },
  };
}
