import type { AdminRole, AdminVerb } from '@leveret/http-contract/admin';

/** Who sends a request. */
export interface Principal {
  /** As the audit log names it. */
  readonly name: string;
  readonly role: AdminRole;
  /** What it may do. */
  readonly verbs: ReadonlySet<AdminVerb>;
  /** How it is known: see `sessionView`. */
  readonly kind: 'account' | 'key' | 'local' | 'host';
  /** When it has to sign in again, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** What a request is about: the place in the ledger that a verb is used on. Absent fields are not known. */
export interface Subject {
  readonly jobId?: string;
  readonly queue?: string;
}
