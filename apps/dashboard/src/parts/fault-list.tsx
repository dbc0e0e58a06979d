import { Link } from '@tanstack/react-router';
import type { Fault } from '../api/overview.ts';
import { formatClock } from '../format/moment.ts';
import { Glyph } from '../ui/text/glyph.tsx';
import { Since } from '../ui/text/moment.tsx';
import './fault-list.css';

interface FaultListProps {
  readonly faults: readonly Fault[];
  /** When they were looked for. */
  readonly checkedAt: Date;
  readonly now: Date;
}

/** What is wrong now, each fault as a sentence with one link to where it is solved. One quiet line when nothing is wrong. */
export function FaultList({ faults, checkedAt, now }: FaultListProps) {
  if (faults.length === 0)
    return (
      <p className="all-well">
        <Glyph look="up" /> Nothing is wrong.{' '}
        <span className="soft">Checked at {formatClock(checkedAt)}.</span>
      </p>
    );
  return (
    <ul className="faults" aria-label="Faults">
      {faults.map((fault) => (
        <li key={fault.id} className="fault" data-severity={fault.severity}>
          <Glyph look={fault.severity === 'bad' ? 'down' : 'warning'} />
          <p>
            <strong>{fault.text}</strong> {fault.detail !== undefined && <span>{fault.detail}</span>}
          </p>
          <Since at={fault.since} now={now} />
          <FaultLink fault={fault} />
        </li>
      ))}
    </ul>
  );
}

/** Where a fault is solved. Some are solved outside of this page. */
function FaultLink({ fault: { kind, subject } }: { readonly fault: Fault }) {
  switch (kind) {
    case 'kind-failing':
      return (
        <Link className="fault-link" to="/failures" search={{ fingerprint: subject.fingerprint ?? '' }}>
          See failures
        </Link>
      );
    case 'set-aside':
      return (
        <Link className="fault-link" to="/set-aside">
          See what is set aside
        </Link>
      );
    case 'no-worker':
      return (
        <Link className="fault-link" to="/workers">
          See workers
        </Link>
      );
    case 'waiting-too-long':
    case 'depth-differs':
      if (subject.queue === undefined) return null;
      return (
        <Link className="fault-link" to="/queues/$queue" params={{ queue: subject.queue }}>
          See queue
        </Link>
      );
    case 'broker-away':
    case 'broker-blocked':
    case 'ledger-away':
    case 'recorder-away':
    case 'recorder-lagging':
    case 'control-away':
    case 'control-lagging':
    case 'disk-low':
      return null;
  }
}
