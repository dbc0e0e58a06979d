import type { Clock, LiveChannel } from '@leveret/core';
import { isControlAway } from './control-away.ts';

/** How control answers what workers ask. `away`: no process with the ledger answers while their view could still be fresh. */
export type ControlHealth =
  | {
      readonly state: 'up';
      /** How long the answer took, in milliseconds. */
      readonly delayMs: number;
    }
  | { readonly state: 'away' };

/**
 * Control that takes longer than this to answer, in milliseconds, is slow. A worker asks again 400 ms after an answer, and a view is fresh for a second
 * from when it was asked for. With later answers it runs out in between, and the worker starts nothing until the next one.
 */
export const SLOW_CONTROL_MS = 300;

/**
 * Asks as a worker asks, for no queue. Never rejects.
 * @param instanceId An id that no worker has: the caller is not noted as a worker.
 */
export async function askControl(
  live: LiveChannel,
  instanceId: string,
  { monotonic }: Pick<Clock, 'monotonic'>,
): Promise<ControlHealth> {
  const askedAt = monotonic();
  if (await isControlAway(live, instanceId)) return { state: 'away' };
  return { state: 'up', delayMs: monotonic() - askedAt };
}
