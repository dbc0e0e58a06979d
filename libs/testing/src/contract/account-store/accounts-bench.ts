import type { AccountStore, AuditEntry, NewAccount } from '@leveret/core';
import type { ManualClock } from '@leveret/core/testing';

/** What the tests of a kit work with. */
export interface AccountsBench {
  readonly store: () => AccountStore;
  readonly openAnother: () => Promise<AccountStore>;
  /** The newest entry of the audit, without its number. */
  readonly lastEntry: () => Promise<Omit<AuditEntry, 'seq'>>;
  readonly clock: ManualClock;
}

/** Who acts in these tests. */
export const author = { by: 'ada', reason: 'tests' };

let accountCount = 0;

/** An account of a name that no other test has. */
export function sampleAccount(role: NewAccount['role'] = 'viewer'): NewAccount {
  accountCount += 1;
  return { name: `person-${accountCount}`, role, passwordHash: `hash-${accountCount}` };
}
