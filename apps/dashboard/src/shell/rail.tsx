import { Link } from '@tanstack/react-router';
import type { Overview } from '../api/overview.ts';
import type { Session } from '../api/session.ts';
import { formatCount } from '../format/number.ts';
import type { LiveState } from '../live/live-stream.ts';
import { Hare } from '../ui/hare.tsx';
import { LiveIndicator } from './live-indicator.tsx';
import { type PageEntry, pagesFor } from './pages.ts';
import { UserMenu } from './user-menu.tsx';

interface RailProps {
  readonly session: Session;
  readonly live: LiveState;
  readonly overview: Overview | undefined;
  /** Opens the palette of commands. */
  readonly onCommands: () => void;
}

const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
const NAVIGATION_ID = 'navigation';

/** The ways through the page. On a phone they open as a menu. */
export function Rail({ session, live, overview, onCommands }: RailProps) {
  return (
    <header className="rail">
      <Link className="brand" to="/" aria-label="Leveret, overview">
        <Hare /> Leveret
      </Link>
      <button type="button" className="rail-open" popoverTarget={NAVIGATION_ID}>
        Menu
      </button>
      <nav id={NAVIGATION_ID} popover="auto" aria-label="Main">
        {pagesFor(session).map((entry) => (
          <RailLink key={entry.to} entry={entry} ledger={overview?.ledger} />
        ))}
      </nav>
      <div className="rail-foot">
        <button
          type="button"
          className="rail-commands"
          aria-haspopup="dialog"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={onCommands}
        >
          Go to… <kbd>{COMMAND_KEY} K</kbd>
        </button>
        <LiveIndicator state={live} />
        <UserMenu session={session} />
      </div>
    </header>
  );
}

function RailLink({ entry, ledger }: { readonly entry: PageEntry; readonly ledger: Overview['ledger'] }) {
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
