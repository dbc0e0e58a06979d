import type { JobDefinition, JobHeaders, JobPriority, PayloadInput } from '@leveret/core';

/** How a child is enqueued. */
interface EnqueueChildOptions {
  readonly id: string;
  readonly delayMs?: number;
  readonly priority?: JobPriority;
  readonly tags?: readonly string[];
  readonly headers?: JobHeaders;
  readonly parentId?: string;
}

/** The part of a job client that handlers use to enqueue children. */
export interface Enqueuer {
  /** Accepts a job under the given id. */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options: EnqueueChildOptions,
  ): Promise<{ readonly id: string }>;
}
