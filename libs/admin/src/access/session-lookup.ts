import {
  type AccountRole,
  type AccountSession,
  type AccountStore,
  type Clock,
  LeveretError,
} from '@leveret/core';
import { createPrincipal, type Principal } from './principal.ts';
import { askLedger, createRemembered, REMEMBER_MS } from './remembered.ts';
import type { SessionTicket } from './session-cookie.ts';

/** What finding sessions works with. */
export interface SessionLookupOptions {
  readonly accounts: AccountStore;
  readonly clock: Clock;
}

/** Finds out who has a session. */
export interface SessionLookup {
  /**
   * The principal of a session that is valid. While the ledger is away, a session whose cookie is signed and that is not known to have been ended may read:
   * its principal is a viewer with the verb `jobs:read` alone.
   * @param mayTrust Whether that is enough for the request.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when the ledger is away and that is not enough.
   */
  find(ticket: SessionTicket, id: string, mayTrust: boolean): Promise<Principal | undefined>;
  /** The session was ended by this process. */
  noteEnd(id: string): void;
  /** Has the ledger asked again for every session. */
  forget(): void;
}

type FoundSession = AccountSession & { readonly role: AccountRole };

/** Creates it. */
export function createSessionLookup({ accounts, clock }: SessionLookupOptions): SessionLookup {
  const known = createRemembered<FoundSession>(clock);
  /** Sessions that were ended, by any process: for the time in which the ledger cannot be asked. */
  let ended = new Set<string>();
  let learnAgainAt = Number.NEGATIVE_INFINITY;

  async function learnEnded(): Promise<void> {
    if (clock.monotonic() < learnAgainAt) return;
    ended = new Set(await accounts.endedSessions());
    learnAgainAt = clock.monotonic() + REMEMBER_MS;
  }

  async function ask(id: string): Promise<FoundSession | undefined> {
    const [session] = await askLedger(clock, Promise.all([accounts.findSession(id), learnEnded()]));
    if (session !== undefined) known.set(id, session);
    return session;
  }

  return {
    async find({ account, expiresAt }, id, mayTrust) {
      if (expiresAt <= clock.now() || ended.has(id)) return undefined;
      const own = { kind: 'account', expiresAt, sessionId: id } as const;
      try {
        const session = known.get(id) ?? (await ask(id));
        return session && createPrincipal({ ...own, name: session.account, role: session.role });
      } catch (error) {
        const isAway = error instanceof LeveretError && error.code === 'STORE_UNAVAILABLE';
        if (!isAway || !mayTrust) throw error;
        const verbs = new Set(['jobs:read'] as const);
        return createPrincipal({ ...own, name: account, role: 'viewer', verbs, isLedgerAway: true });
      }
    },
    noteEnd(id) {
      ended.add(id);
      // A list that is on its way may lack it.
      learnAgainAt = Number.NEGATIVE_INFINITY;
    },
    forget: known.clear,
  };
}
