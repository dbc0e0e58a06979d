import { type Clock, type Logger, messageOf, sleep } from '@leveret/core';
import type { FaultListView } from '@leveret/http-contract/admin';
import { toIso } from '../resources/wire/values.ts';
import { createFaultTracker } from './fault-tracker.ts';
import { findFaults } from './find-faults.ts';
import type { Observation } from './observation.ts';
import { type ObservedParts, observe } from './observe.ts';
import { DEFAULT_WAITING_LIMITS, type WaitingLimits } from './waiting-limits.ts';

/** How often everything is looked at, in milliseconds, besides the time that looking takes. */
const LOOK_EVERY_MS = 3_000;
/** For so long, in milliseconds, workers and recorders that start together with this process may not be seen. */
const STARTING_MS = 10_000;

/** What the monitor works with. */
export interface FaultMonitorOptions extends ObservedParts {
  /** Five minutes for every queue when left out. */
  readonly waitingLimits?: WaitingLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Finds faults, and logs when they start and end. */
export interface FaultMonitor {
  /** Begins to look, every 3 s. Safe to call twice. */
  start(): void;
  /** What is wrong, and when that was last looked at. Answers from memory, at once. */
  current(): FaultListView;
  /** What was seen last; undefined before the first look has ended. */
  observed(): Observation | undefined;
  /** Ends it, and waits for the look under way. Safe to call twice. */
  stop(): Promise<void>;
}

/** Creates one. It looks only between start and stop. */
export function createFaultMonitor(options: FaultMonitorOptions): FaultMonitor {
  const { waitingLimits = DEFAULT_WAITING_LIMITS, clock, logger } = options;
  const tracker = createFaultTracker({ clock, logger });
  const stopping = new AbortController();
  let checkedAt = clock.now();
  let observed: Observation | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    const startedAt = clock.monotonic();
    while (!stopping.signal.aborted) {
      try {
        observed = await observe(options, clock.monotonic() - startedAt < STARTING_MS);
        checkedAt = clock.now();
        tracker.note(findFaults(observed, waitingLimits));
      } catch (error) {
        logger.error({ error: messageOf(error) }, 'cannot look for faults');
      }
      await sleep(clock, LOOK_EVERY_MS, stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    current: () => ({ faults: tracker.current(), checkedAt: toIso(checkedAt) }),
    observed: () => observed,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
