import type { JobAuditEntry } from '../../api/job.ts';
import { STATE_WORDS } from '../../ui/text/glyph.tsx';
import { Moment } from '../../ui/text/moment.tsx';

/** What operators did with the job, newest first. */
export function JobAudit({ audit, now }: { readonly audit: readonly JobAuditEntry[]; readonly now: Date }) {
  if (audit.length === 0) return <p className="soft">Nothing.</p>;
  return (
    <ol className="job-audit">
      {audit.map(({ seq, at, by, action, reason, before, after }) => (
        <li key={seq}>
          <Moment at={at} now={now} /> <strong>{by}</strong>: {action.replaceAll('-', ' ')}
          {before !== undefined && after !== undefined && (
            <span className="soft">
              {' '}
              ({STATE_WORDS[before]} → {STATE_WORDS[after]})
            </span>
          )}
          {reason !== undefined && <p className="soft">{reason}</p>}
        </li>
      ))}
    </ol>
  );
}
