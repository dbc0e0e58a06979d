import { isIPv6 } from 'node:net';
import { type Clock, LeveretError } from '@leveret/core';

/** How long attempts count, in milliseconds. */
export const ATTEMPT_WINDOW_MS = 15 * 60_000;
/** Most attempts that fail for one account from one address in that time. From another address, its owner still signs in. */
export const MAX_ATTEMPTS = 10;
/** Most attempts that fail from one address in that time, for all accounts. People behind one proxy share an address. */
export const MAX_ADDRESS_ATTEMPTS = 30;
/** Most attempts that fail for one account in that time, from all addresses. */
export const MAX_ACCOUNT_ATTEMPTS = 100;
/** Most accounts, most addresses, and most pairs of them, that are counted; the oldest are forgotten. More cannot be tried in the time: each costs a hash. */
export const MAX_COUNTED = 10_000;

/** Limits how often passwords are tried. Counts in the memory of this process. */
export interface AttemptLimits {
  /**
   * Counts an attempt before it is known to fail, so that attempts at the same time are counted. Returns how to take it back.
   * @throws {LeveretError} `SIGN_IN_LIMITED` with the seconds to wait, when there were too many.
   */
  begin(account: string, address: string): () => void;
}

interface Count {
  attempts: number;
  /** When counting starts again, by the monotonic clock. */
  readonly endsAt: number;
}

/** Creates them. */
export function createAttemptLimits({ monotonic }: Pick<Clock, 'monotonic'>): AttemptLimits {
  const accounts = new Map<string, Count>();
  const addresses = new Map<string, Count>();
  const pairs = new Map<string, Count>();

  /** The count of a name, if there is one now. */
  function knownOf(counts: ReadonlyMap<string, Count>, name: string): Count | undefined {
    const count = counts.get(name);
    return count !== undefined && count.endsAt > monotonic() ? count : undefined;
  }

  /** The count of a name, a new one if there is none. */
  function countOf(counts: Map<string, Count>, name: string): Count {
    const known = knownOf(counts, name);
    if (known !== undefined) return known;
    counts.delete(name);
    const [oldest] = counts.keys();
    if (oldest !== undefined && counts.size >= MAX_COUNTED) counts.delete(oldest);
    const fresh = { attempts: 0, endsAt: monotonic() + ATTEMPT_WINDOW_MS };
    counts.set(name, fresh);
    return fresh;
  }

  return {
    begin(account, address) {
      const network = networkOf(address);
      const limits = [
        { counts: pairs, name: `${network} ${account}`, most: MAX_ATTEMPTS },
        { counts: addresses, name: network, most: MAX_ADDRESS_ATTEMPTS },
        { counts: accounts, name: account, most: MAX_ACCOUNT_ATTEMPTS },
      ];
      // What is refused makes no count: many names would push out that of the account that is guessed.
      const ends = limits.flatMap(({ counts, name, most }) => {
        const count = knownOf(counts, name);
        return count !== undefined && count.attempts >= most ? [count.endsAt] : [];
      });
      if (ends.length > 0) throw limited(Math.max(...ends) - monotonic());
      const counted = limits.map(({ counts, name }) => ({ counts, name, count: countOf(counts, name) }));
      for (const { count } of counted) count.attempts += 1;
      return () => {
        for (const { counts, name, count } of counted) {
          count.attempts -= 1;
          if (count.attempts === 0 && counts.get(name) === count) counts.delete(name);
        }
      };
    },
  };
}

/** An address, or of IPv6 the network of 64 bits that one customer of a provider has. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const [first, last] = [head, tail].map((part) => (part ? part.split(':') : []));
  const gap = tail === undefined ? 0 : 8 - (first?.length ?? 0) - (last?.length ?? 0);
  return [...(first ?? []), ...Array<string>(gap).fill('0'), ...(last ?? [])].slice(0, 4).join(':');
}

function limited(waitMs: number): LeveretError {
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  return new LeveretError(
    'SIGN_IN_LIMITED',
    `too many attempts failed for this account or from this address: wait ${retryAfterSeconds} s`,
    { details: { retryAfterSeconds } },
  );
}
