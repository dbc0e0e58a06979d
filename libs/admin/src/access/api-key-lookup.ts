import type { AccountStore, Clock } from '@leveret/core';
import { KEY_USE_EVERY_MS } from '@leveret/core';
import { apiKeyIdOf, hashOf, isApiKeyOf } from './credentials/api-key-secret.ts';
import { createPrincipal, type Principal } from './principal.ts';
import { askLedger, createRemembered } from './remembered.ts';

/** What finding API keys works with. */
export interface ApiKeyLookupOptions {
  readonly accounts: AccountStore;
  readonly clock: Clock;
}

/** Finds out whose API key it is. */
export interface ApiKeyLookup {
  /** The principal of a key that is valid. @throws {LeveretError} `STORE_UNAVAILABLE` while the ledger is away and the key is not remembered. */
  find(key: string): Promise<Principal | undefined>;
  /** Has the ledger asked again for every key. */
  forget(): void;
}

/** Creates it. */
export function createApiKeyLookup({ accounts, clock }: ApiKeyLookupOptions): ApiKeyLookup {
  /** By the hash of the key. */
  const known = createRemembered<Principal>(clock);

  /** Whether it is written down does not matter to the request. */
  function noteUse(id: string, lastUsedAt = Number.NEGATIVE_INFINITY): void {
    if (Math.abs(clock.now() - lastUsedAt) < KEY_USE_EVERY_MS) return;
    accounts.noteApiKeyUse(id).catch(() => undefined);
  }

  return {
    async find(key) {
      const id = apiKeyIdOf(key);
      if (id === undefined) return undefined;
      const hash = hashOf(key);
      const remembered = known.get(hash);
      if (remembered !== undefined) return remembered;
      const found = await askLedger(clock, accounts.findApiKey(id));
      if (found === undefined || !isApiKeyOf(found.hash, key)) return undefined;
      noteUse(id, found.lastUsedAt);
      const principal = createPrincipal({ name: `key:${found.name}`, role: found.role, kind: 'key' });
      known.set(hash, principal);
      return principal;
    },
    forget: known.clear,
  };
}
