import type { AttemptResult, JobContext } from '@leveret/core';

/** One run of a handler, ready to begin: what the handler will be given. */
export type Execution = JobContext<unknown>;

/** Runs a handler. Resolves when it has ended and holds nothing any more; never rejects. */
export type Executor = (execution: Execution) => Promise<AttemptResult>;
