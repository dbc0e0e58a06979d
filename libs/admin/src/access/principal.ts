import { type AdminRole, type AdminVerb, verbsOf } from '@leveret/http-contract/admin';

/** Who sends a request. */
export interface Principal {
  /** As the audit log names it. An API key has `key:` before its name. */
  readonly name: string;
  readonly role: AdminRole;
  /** What it may do. */
  readonly verbs: ReadonlySet<AdminVerb>;
  /** How it is known: see `sessionView`. */
  readonly kind: 'account' | 'key' | 'local' | 'host';
  /** When it has to sign in again, in milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Id of its session, where it signed in here. */
  readonly sessionId?: string;
  /** The ledger could not say what it may do: it reads what does not need the ledger. */
  readonly isLedgerAway?: true;
}

/** What a request is about: the place in the ledger that a verb is used on. Absent fields are not known. */
export interface Subject {
  readonly jobId?: string;
  readonly queue?: string;
}

/** A principal that may do what its role may. For a `resolvePrincipal` of your own, too. */
export function createPrincipal(
  principal: Omit<Principal, 'verbs'> & { readonly verbs?: Principal['verbs'] },
): Principal {
  return { verbs: new Set(verbsOf(principal.role)), ...principal };
}
