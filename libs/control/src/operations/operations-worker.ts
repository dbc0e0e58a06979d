import { type Clock, type Logger, messageOf, sleep, systemClock, toLogger } from '@leveret/core';
import type { Operations } from './operations.ts';

/** How often it is looked whether there is an operation that nobody works on, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** What working on operations needs. */
export interface OperationsWorkerOptions {
  readonly operations: Operations;
  readonly clock?: Clock;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** Works on operations that nobody works on: their process has died, or it only started them. */
export interface OperationsWorker {
  /** Ends with the step at hand: the operation goes on elsewhere, or at the next start. Never rejects. Safe to call twice. */
  stop(): Promise<void>;
}

/** Begins to work on operations. Several processes may do it. */
export function startOperationsWorker(options: OperationsWorkerOptions): OperationsWorker {
  const { operations, clock = systemClock } = options;
  const logger = toLogger(options.logger);
  const stopping = new AbortController();
  const { signal } = stopping;

  async function work(): Promise<void> {
    try {
      const operation = await operations.workNext({ signal });
      if (operation === undefined) return;
      const { id: operationId, action, state, total, done, skipped, failed } = operation;
      logger.info({ operationId, action, state, total, done, skipped, failed }, 'worked on an operation');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'cannot work on operations: will try again');
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await work();
      await sleep(clock, LOOK_EVERY_MS, signal);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
