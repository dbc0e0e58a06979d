import { type Clock, DEFAULT_RETRY, type Delivery, failureOf, sleep } from '@leveret/core';
import type { Hooks } from '../handler/hooks.ts';
import type { Runnable } from '../handler/prepare.ts';
import type { Starts } from '../starts/starts.ts';
import type { Ending, Settler } from './settler.ts';

/** How long a delivery that cannot even be settled as failed is kept before it is released, in milliseconds: doubling from the first to the last. */
const FIRST_RELEASE_MS = 1_000;
const LAST_RELEASE_MS = 60_000;

/** Ends deliveries over which the worker itself failed, so that none of them comes back at once and without end. */
export interface FaultSettler {
  /** Settles the delivery as a failed attempt, which is charged; where that fails too, releases it later. Never rejects. */
  settle(delivery: Delivery, error: unknown): Promise<Ending>;
  /** From now on nothing is kept before it is released. */
  stop(): void;
}

/** What a fault settler works with. */
export interface FaultSettlerOptions {
  readonly settler: Settler;
  readonly starts: Pick<Starts, 'noteEnds'>;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly hooks: Hooks;
  readonly clock: Clock;
}

/** Creates a fault settler. */
export function createFaultSettler(options: FaultSettlerOptions): FaultSettler {
  const { settler, starts, runnables, hooks, clock } = options;
  const stopping = new AbortController();
  let releaseMs = FIRST_RELEASE_MS;

  return {
    async settle(delivery, error) {
      const { id: jobId, kind, queue, attempt } = delivery.message;
      const fields = { jobId, kind, queue, attempt };
      hooks.fault(error, fields);
      const retry = runnables.get(kind)?.definition.retry ?? DEFAULT_RETRY;
      const result = { kind: 'failed', failure: failureOf(error, 'INTERNAL') } as const;
      try {
        return await settler.settle({ delivery, result, retry });
      } catch (again) {
        hooks.fault(again, fields);
        const waitMs = releaseMs;
        releaseMs = Math.min(releaseMs * 2, LAST_RELEASE_MS);
        await sleep(clock, waitMs, stopping.signal);
        await starts.noteEnds([delivery.message]);
        delivery.release();
        return 'released';
      }
    },
    stop: () => stopping.abort(),
  };
}
