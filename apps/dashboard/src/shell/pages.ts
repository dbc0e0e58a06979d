import type { AdminVerb } from '@leveret/http-contract/admin';
import type { Overview } from '../api/overview.ts';
import { mayUse, type Session } from '../api/session.ts';

/** A page that is reached from everywhere. */
export interface PageEntry {
  readonly to:
    | '/'
    | '/jobs'
    | '/failures'
    | '/set-aside'
    | '/queues'
    | '/workers'
    | '/operations'
    | '/audit'
    | '/accounts';
  readonly label: string;
  /** The verb without which the page is not offered. */
  readonly verb?: AdminVerb;
  /** How many need attention: shown when there are any. */
  readonly count?: (ledger: NonNullable<Overview['ledger']>) => number;
  /** What is counted. */
  readonly counted?: string;
  readonly tone?: 'bad';
}

const PAGES: readonly PageEntry[] = [
  { to: '/', label: 'Overview' },
  { to: '/jobs', label: 'Jobs' },
  {
    to: '/failures',
    label: 'Failures',
    count: ({ counts }) => counts.dead ?? 0,
    counted: 'dead jobs',
    tone: 'bad',
  },
  { to: '/set-aside', label: 'Set aside', count: ({ setAside }) => setAside, counted: 'entries' },
  { to: '/queues', label: 'Queues' },
  { to: '/workers', label: 'Workers' },
  {
    to: '/operations',
    label: 'Operations',
    count: ({ runningOperations }) => runningOperations,
    counted: 'running',
  },
  { to: '/audit', label: 'Audit' },
  { to: '/accounts', label: 'Accounts', verb: 'accounts:manage' },
];

/** The pages that are offered to who is signed in. */
export function pagesFor(session: Session): readonly PageEntry[] {
  return PAGES.filter(({ verb }) => verb === undefined || mayUse(session, verb));
}
