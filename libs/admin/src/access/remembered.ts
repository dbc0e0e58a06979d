import { type Clock, LeveretError, withDeadline } from '@leveret/core';

/** How long an answer of the ledger is used, in milliseconds: what another process has ended or revoked is refused after this time. */
export const REMEMBER_MS = 10_000;
/** Most answers that are remembered. */
const MAX_REMEMBERED = 1_000;
/** The ledger counts as away when it has not answered after this time, in milliseconds. */
const LEDGER_WAIT_MS = 2_000;

/** Answers of the ledger, for a short time. */
export interface Remembered<T> {
  get(id: string): T | undefined;
  set(id: string, value: T): void;
  clear(): void;
}

/** Creates an empty memory of answers. */
export function createRemembered<T>({ monotonic }: Pick<Clock, 'monotonic'>): Remembered<T> {
  const values = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get(id) {
      const known = values.get(id);
      return known !== undefined && known.until > monotonic() ? known.value : undefined;
    },
    set(id, value) {
      values.delete(id);
      const [oldest] = values.keys();
      if (oldest !== undefined && values.size >= MAX_REMEMBERED) values.delete(oldest);
      values.set(id, { value, until: monotonic() + REMEMBER_MS });
    },
    clear: () => values.clear(),
  };
}

/** What the ledger answers. @throws {LeveretError} `STORE_UNAVAILABLE`, also when it does not answer in time. */
export function askLedger<T>(clock: Clock, answer: Promise<T>): Promise<T> {
  const late = () => new LeveretError('STORE_UNAVAILABLE', 'the ledger does not answer');
  return withDeadline(clock, LEDGER_WAIT_MS, answer, late);
}
