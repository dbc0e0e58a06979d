import { Link } from '@tanstack/react-router';
import type { LedgerOverview } from '../../api/overview.ts';
import { formatCount } from '../../format/number.ts';
import { FailureTrend } from '../../parts/failures/failure-trend.tsx';

/** Groups of failures that grow, the fastest first. */
export function GrowingFailures({ growing }: Pick<LedgerOverview, 'growing'>) {
  if (growing.length === 0) return <p className="soft">No group of failures grows.</p>;
  return (
    <ul className="growing">
      {growing.map((group) => {
        const name = group.message ?? group.errorCode;
        return (
          <li key={group.fingerprint}>
            <FailureTrend group={group} />
            <Link to="/failures" search={{ fingerprint: group.fingerprint }} title={name}>
              {name}
            </Link>
            <span className="soft">{group.kinds.join(', ')}</span>
            <b>
              {formatCount(group.retrying + group.dead)} <span className="unseen">jobs</span>
            </b>
          </li>
        );
      })}
    </ul>
  );
}
