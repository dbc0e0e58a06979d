import {
  type Clock,
  type KeptEvent,
  type Logger,
  messageOf,
  type RecordableEvent,
  type RecordingStore,
  readEvent,
  sleep,
  toKeptEventsWords,
  type UnappliedEvent,
} from '@leveret/core';

/** How often it is looked whether something that is kept can be applied, in milliseconds. */
const EVERY_MS = 60_000;
/** So many are tried at a time. */
const PAGE_SIZE = 500;

/** What trying again works with. */
export interface ReapplyingOptions {
  readonly store: Pick<RecordingStore, 'unapplied'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Applies events; returns those that are refused. */
  readonly apply: (events: readonly RecordableEvent[]) => Promise<readonly UnappliedEvent[]>;
  /** Told how many events the ledger keeps. */
  readonly onCounted: (keptCount: number) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Tries what could not be applied once more: at the start, and every minute, because a recorder of an older version may be active
 * meanwhile. It goes on while that helps, and else with the next page a minute later. Order is no matter, and others may do the same.
 * Resolves when it has ended; never rejects.
 */
export async function startReapplying(options: ReapplyingOptions): Promise<void> {
  const { store, clock, logger, signal } = options;
  let afterSeq = 0;
  let toldCount = 0;
  while (!signal.aborted) {
    let mayGoOn = false;
    try {
      const page = await store.unapplied.list(afterSeq, PAGE_SIZE);
      afterSeq = page.length < PAGE_SIZE ? 0 : (page.at(-1)?.seq ?? 0);
      const appliedCount = await reapply(page, options);
      mayGoOn = appliedCount > 0 && page.length === PAGE_SIZE;
      if (appliedCount > 0)
        logger.info({ eventCount: appliedCount }, 'applied events that were kept in the ledger');
      const keptCount = await store.unapplied.count();
      options.onCounted(keptCount);
      if (keptCount > toldCount)
        logger.warn({ eventCount: keptCount, reason: page[0]?.reason }, toKeptEventsWords(keptCount));
      toldCount = keptCount;
    } catch (error) {
      if (!signal.aborted)
        logger.warn(
          { error: messageOf(error) },
          'cannot apply the events that the ledger keeps: will try again',
        );
    }
    if (!mayGoOn) await sleep(clock, EVERY_MS, signal);
  }
}

/** How many of these are applied now. */
async function reapply(page: readonly KeptEvent[], { store, apply }: ReapplyingOptions): Promise<number> {
  const known = page.flatMap(({ seq, entry }) => {
    const read = readEvent(JSON.parse(entry));
    return read.kind === 'event' ? [{ seq, event: read.event }] : [];
  });
  if (known.length === 0) return 0;
  const refused = new Set((await apply(known.map(({ event }) => event))).map(({ entry }) => entry));
  const applied = known.filter(({ event }) => !refused.has(JSON.stringify(event))).map(({ seq }) => seq);
  if (applied.length > 0) await store.unapplied.remove(applied);
  return applied.length;
}
