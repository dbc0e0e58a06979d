import type { JobMessage, SupersededMessage } from '@leveret/core';

/** Most messages that are remembered: about 30 MB. With more, every job is looked up in the ledger before it starts. */
const MAX_REMEMBERED = 200_000;

/** The messages of a worker's queues that are not to be run. */
export interface SupersededMessages {
  /** Remembers messages; those beyond what can be remembered make {@link isPartial} true. */
  add(messages: readonly SupersededMessage[]): void;
  /** Whether a message is known to be superseded. */
  has(message: Pick<JobMessage, 'id' | 'generation'>): boolean;
  /** Whether there are more than are remembered. */
  isPartial(): boolean;
  size(): number;
}

/** Creates a memory of superseded messages, which is empty. */
export function createSupersededMessages(): SupersededMessages {
  const generations = new Map<string, number>();
  let isPartial = false;

  return {
    add(messages) {
      for (const { jobId, generation } of messages) {
        const known = generations.get(jobId);
        if (known === undefined && generations.size >= MAX_REMEMBERED) isPartial = true;
        else generations.set(jobId, Math.max(generation, known ?? 0));
      }
    },
    has({ id, generation }) {
      // Nearly always there is none, and this is asked for every job.
      if (generations.size === 0) return false;
      const superseded = generations.get(id);
      return superseded !== undefined && generation <= superseded;
    },
    isPartial: () => isPartial,
    size: () => generations.size,
  };
}
