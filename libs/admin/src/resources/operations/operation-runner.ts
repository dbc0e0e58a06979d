import type { Operations } from '@leveret/control';
import { type Logger, messageOf, type OperationRecord } from '@leveret/core';

/** Works in this process on the operations that it has started. What it leaves, another process goes on with. */
export interface OperationRunner {
  /** Works on an operation as soon as its jobs are chosen. */
  run(operationId: string, collected: Promise<OperationRecord>): void;
  /** Ends with the steps at hand. Never rejects. */
  stop(): Promise<void>;
}

/** Creates it. */
export function createOperationRunner(operations: Pick<Operations, 'work'>, logger: Logger): OperationRunner {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();

  async function work(operationId: string, collected: Promise<OperationRecord>): Promise<void> {
    try {
      await collected;
      const { action, state, total, done, skipped, failed } = await operations.work(operationId, { signal });
      logger.info({ operationId, action, state, total, done, skipped, failed }, 'worked on an operation');
    } catch (error) {
      logger.warn({ operationId, error: messageOf(error) }, 'cannot work on an operation');
    }
  }

  return {
    run(operationId, collected) {
      const one = work(operationId, collected).finally(() => running.delete(one));
      running.add(one);
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
