import type { JobDefinition, PayloadInput } from '@leveret/core';

/** The part of a job client that handlers use to enqueue children. */
export interface Enqueuer {
  /** Accepts a job under the given id. */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options: { readonly id: string; readonly delayMs?: number },
  ): Promise<{ readonly id: string }>;
}
