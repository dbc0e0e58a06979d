import type { JobHandler } from '@leveret/core';
import { fromReturned, fromThrown } from './attempt-result.ts';
import type { Executor } from './executor.ts';

/** Runs `handler` in this process. */
export function createInlineExecutor(handler: JobHandler): Executor {
  return async (execution) => {
    try {
      return fromReturned(await handler(execution));
    } catch (error) {
      return fromThrown(error);
    }
  };
}
