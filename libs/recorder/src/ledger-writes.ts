import { type Clock, type ErrorCode, LeveretError, type Logger, messageOf, sleep } from '@leveret/core';

/** Waits between tries to write, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** With these codes the ledger says that it cannot be used now: everything waits. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'STORAGE_FULL', 'STORAGE_UNAVAILABLE']);

/** An item that the ledger refuses, and why. */
export interface Refused<Item> {
  readonly item: Item;
  readonly reason: string;
}

/** Writes to a ledger that may be away, and that may refuse single items. */
export interface LedgerWrites {
  /**
   * Writes items, as soon as the ledger can be used. Those that it refuses alone are returned, and keep no other back.
   * @param write Writes all of them or none.
   * @throws what `write` throws, once stopped.
   */
  each<Item>(
    items: readonly Item[],
    write: (items: readonly Item[]) => Promise<void>,
  ): Promise<readonly Refused<Item>[]>;
  /** Does `work` until it succeeds: a ledger that cannot even keep an item as it came cannot be used, whatever it says. @throws once stopped. */
  untilDone(work: () => Promise<void>): Promise<void>;
}

/** What writing works with. */
export interface LedgerWritesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** Creates the writes of a recorder. */
export function createLedgerWrites({ clock, logger, signal }: LedgerWritesOptions): LedgerWrites {
  /** Does `work` as soon as the ledger can be used. @throws what else is wrong, and everything once stopped. */
  async function whenUsable(work: () => Promise<void>, isAway: (error: unknown) => boolean): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !isAway(error)) throw error;
        logger.warn({ error: messageOf(error) }, 'the ledger takes nothing: will try again');
        await sleep(clock, waitMs, signal);
      }
    }
  }

  const writes: LedgerWrites = {
    async each(items, write) {
      if (items.length === 0) return [];
      try {
        await whenUsable(() => write(items), saysAway);
        return [];
      } catch (error) {
        if (signal.aborted) throw error;
        if (items.length > 1) {
          const middle = Math.ceil(items.length / 2);
          const refused = await writes.each(items.slice(0, middle), write);
          return [...refused, ...(await writes.each(items.slice(middle), write))];
        }
        return items.map((item) => ({ item, reason: messageOf(error) }));
      }
    },
    untilDone: (work) => whenUsable(work, () => true),
  };
  return writes;
}

function saysAway(error: unknown): boolean {
  return error instanceof LeveretError && AWAY.has(error.code);
}
