import {
  ACCEPTED_HOLD_MS,
  type AcceptanceStore,
  type Clock,
  createLinkedList,
  type Place,
} from '@leveret/core';

/** How old a hold is, in milliseconds, when it is renewed. */
const RENEW_AFTER_MS = 5_000;
/** Most jobs whose holds are renewed in one call. */
const BATCH_SIZE = 1_000;

/** Jobs that this process is publishing. */
export interface HeldJobs {
  /** Their publication began; the ledger holds them for this process since now. */
  add(ids: readonly string[]): Place<Held>;
  /** The outcome of their publication is known. */
  remove(place: Place<Held>): void;
  /** Renews the holds that are about to end. @throws {LeveretError} as the ledger does. */
  renew(): Promise<void>;
}

interface Held {
  readonly ids: readonly string[];
  renewedAt: number;
}

/** Creates an empty list. As long as a job is on it and this process lives, no other process publishes the job. */
export function createHeldJobs(store: Pick<AcceptanceStore, 'holdUndispatched'>, clock: Clock): HeldJobs {
  const held = createLinkedList<Held>();
  return {
    add: (ids) => held.add({ ids, renewedAt: clock.monotonic() }),
    remove(place) {
      held.remove(place);
    },
    async renew() {
      const now = clock.monotonic();
      const due = [...held].filter(({ renewedAt }) => now - renewedAt >= RENEW_AFTER_MS);
      const ids = due.flatMap((one) => one.ids);
      for (let from = 0; from < ids.length; from += BATCH_SIZE)
        await store.holdUndispatched(ids.slice(from, from + BATCH_SIZE), ACCEPTED_HOLD_MS);
      for (const one of due) one.renewedAt = now;
    },
  };
}
