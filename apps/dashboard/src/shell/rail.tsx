import { Link } from '@tanstack/react-router';
import type { Overview } from '../api/overview.ts';
import type { Session } from '../api/session.ts';
import { formatCount } from '../format/number.ts';
import type { LiveState } from '../live/live-stream.ts';
import { Hare } from '../ui/hare.tsx';
import { LiveIndicator } from './live-indicator.tsx';
import { UserMenu } from './user-menu.tsx';

interface RailProps {
  readonly session: Session;
  readonly live: LiveState;
  readonly overview: Overview | undefined;
}

interface Entry {
  readonly to: '/' | '/jobs' | '/failures' | '/set-aside' | '/queues' | '/workers' | '/operations' | '/audit';
  readonly label: string;
  /** How many need attention: shown when there are any. */
  readonly count?: (ledger: NonNullable<Overview['ledger']>) => number;
  /** What is counted. */
  readonly counted?: string;
  readonly tone?: 'bad';
}

const ENTRIES: readonly Entry[] = [
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
];

const NAVIGATION_ID = 'navigation';

/** The ways through the page. On a phone they open as a menu. */
export function Rail({ session, live, overview }: RailProps) {
  return (
    <header className="rail">
      <Link className="brand" to="/" aria-label="Leveret, overview">
        <Hare /> Leveret
      </Link>
      <button type="button" className="rail-open" popoverTarget={NAVIGATION_ID}>
        Menu
      </button>
      <nav id={NAVIGATION_ID} popover="auto" aria-label="Main">
        {ENTRIES.map((entry) => (
          <RailLink key={entry.to} entry={entry} ledger={overview?.ledger} />
        ))}
      </nav>
      <div className="rail-foot">
        <LiveIndicator state={live} />
        <UserMenu session={session} />
      </div>
    </header>
  );
}

function RailLink({ entry, ledger }: { readonly entry: Entry; readonly ledger: Overview['ledger'] }) {
  const { to, label, count, counted, tone } = entry;
  const value = ledger === undefined ? 0 : (count?.(ledger) ?? 0);
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      onClick={() => document.getElementById(NAVIGATION_ID)?.hidePopover()}
    >
      {label}
      {value > 0 && (
        <span className="badge" data-tone={tone}>
          {formatCount(value)} <span className="unseen">{counted}</span>
        </span>
      )}
    </Link>
  );
}
