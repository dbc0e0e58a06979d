import { type Acceptance, type AcceptanceStore, type Clock, type JobRecord, toRecord } from '@leveret/core';

/** What a lookup works with. */
export interface JobLookupOptions {
  readonly store: Pick<AcceptanceStore, 'get'>;
  readonly clock: Clock;
}

/** Finds jobs by id: in the ledger, or among those that this process has just taken on. */
export interface JobLookup {
  /**
   * Remembers a job that was just accepted, so that it is found at once even if the ledger is a little behind or away.
   * The caller leaves out payloads that nobody will ask for: what is remembered takes memory.
   */
  remember(acceptance: Acceptance): void;
  /** @throws {LeveretError} `STORE_UNAVAILABLE` when the ledger cannot be read and the job is not remembered. */
  find(id: string): Promise<JobRecord | undefined>;
}

/** A job is remembered for this long, in milliseconds: by far longer than the ledger needs. */
const REMEMBER_MS = 300_000;
/** At most so many jobs are remembered. */
const MAX_REMEMBERED = 10_000;

/** Creates a lookup. The ledger's word counts wherever it has one. */
export function createJobLookup({ store, clock }: JobLookupOptions): JobLookup {
  const recent = new Map<string, { readonly record: JobRecord; readonly at: number }>();

  /** Insertion order is age: the oldest are first. */
  function forgetOld(): void {
    for (const [id, { at }] of recent) {
      if (recent.size <= MAX_REMEMBERED && clock.monotonic() - at < REMEMBER_MS) return;
      recent.delete(id);
    }
  }

  return {
    remember(acceptance) {
      recent.set(acceptance.id, { record: toRecord(acceptance), at: clock.monotonic() });
      forgetOld();
    },
    async find(id) {
      forgetOld();
      const remembered = recent.get(id)?.record;
      try {
        return complete(await store.get(id), remembered);
      } catch (error) {
        if (remembered !== undefined) return remembered;
        throw error;
      }
    },
  };
}

/** An event can reach the ledger before the job's own row does: the record then lacks its payload for a moment. */
function complete(known: JobRecord | undefined, remembered: JobRecord | undefined): JobRecord | undefined {
  if (known?.payload !== undefined || remembered?.payload === undefined) return known ?? remembered;
  return { ...(known ?? remembered), payload: remembered.payload };
}
