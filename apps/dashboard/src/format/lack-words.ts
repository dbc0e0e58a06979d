import type { AdminVerb, SessionView } from '@leveret/http-contract/admin';

/** What is said where an account lacks a verb. While the ledger is away, it is not known which verbs the account has. */
export function lackWords(verb: AdminVerb, { isLedgerAway }: Pick<SessionView, 'isLedgerAway'>): string {
  return isLedgerAway === true
    ? 'The ledger is away: this is possible again when it is back.'
    : `Your account lacks ${verb}: an admin can change its role.`;
}
