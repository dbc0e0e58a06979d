import type { JobHandler } from '@leveret/core';
import { fromReturned, fromThrown } from './attempt-result.ts';
import type { Executor } from './executor.ts';

/** Runs `handler` in this process. */
export function createInlineExecutor(handler: JobHandler): Executor {
  return (execution) => {
    try {
      return Promise.resolve(handler(execution)).then(fromReturned, fromThrown);
    } catch (error) {
      return Promise.resolve(fromThrown(error));
    }
  };
}
