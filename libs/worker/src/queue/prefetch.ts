/** How much finished work, in milliseconds of all slots together, is fetched ahead: it covers the way to the broker and back. */
const AHEAD_MS = 250;
/** Most deliveries fetched beyond the slots: RabbitMQ's own measurements flatten at 100 to 300. */
const MAX_SURPLUS = 256;
/** The same where outcomes are told: a job that is done stays in hand until the broker has confirmed what was told of it. */
const MAX_SURPLUS_TOLD = 512;
/** Surplus before anything is known of the work, per slot. */
const FIRST_SURPLUS_PER_SLOT = 2;
/** Definitions that may take longer than this, in milliseconds, are never fetched ahead: another worker could start them now. */
const LONG_JOB_MS = 60_000;
/** The newest duration's share in the running mean. */
const MEAN_WEIGHT = 1 / 16;
/** Jobs that are seen before the mean counts. */
const JOBS_BEFORE_CHANGE = 32;
/** A wanted prefetch must differ by this factor from today's to be worth a new subscription. */
const WORTHWHILE_FACTOR = 2;

/** What the governor needs to know of a queue. */
export interface PrefetchOptions {
  readonly concurrency: number;
  /** The longest timeout among the queue's definitions, in milliseconds. */
  readonly longestTimeoutMs: number;
  /** Whether outcomes are told by events. */
  readonly tellOutcomes: boolean;
}

/** Decides how many deliveries a worker holds: all slots, and as many again as keep the slots busy meanwhile. */
export interface PrefetchGovernor {
  /** Deliveries to hold at first. */
  readonly initial: number;
  /** Takes note of one handler's duration, in milliseconds; returns a new prefetch when it is time to change. */
  observe(durationMs: number): number | undefined;
  /** Takes note that the prefetch was changed. Until then it is the old one, and the change is advised again later. */
  changed(prefetch: number): void;
}

/** Creates a governor. Slow work is left on the queue, where new workers find it; fast work is fetched ahead. */
export function createPrefetchGovernor({
  concurrency,
  longestTimeoutMs,
  tellOutcomes,
}: PrefetchOptions): PrefetchGovernor {
  const maxSurplus = tellOutcomes ? MAX_SURPLUS_TOLD : MAX_SURPLUS;
  const aheadAllowed = longestTimeoutMs <= LONG_JOB_MS;
  const initial =
    concurrency + (aheadAllowed ? Math.min(concurrency * FIRST_SURPLUS_PER_SLOT, maxSurplus) : 0);
  let current = initial;
  let meanMs: number | undefined;
  let seen = 0;
  return {
    initial,
    observe(durationMs) {
      if (!aheadAllowed) return undefined;
      meanMs = meanMs === undefined ? durationMs : meanMs + (durationMs - meanMs) * MEAN_WEIGHT;
      seen += 1;
      if (seen < JOBS_BEFORE_CHANGE) return undefined;
      const surplus = Math.min(maxSurplus, Math.floor((concurrency * AHEAD_MS) / Math.max(meanMs, 0.01)));
      const wanted = concurrency + surplus;
      const worthwhile = wanted >= current * WORTHWHILE_FACTOR || wanted * WORTHWHILE_FACTOR <= current;
      if (!worthwhile) return undefined;
      seen = 0;
      return wanted;
    },
    changed(prefetch) {
      current = prefetch;
    },
  };
}
