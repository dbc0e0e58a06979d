import type { LogLine } from '../../api/job.ts';
import { formatClock, formatExact } from '../../format/moment.ts';
import { formatCounted } from '../../format/number.ts';

/** What the handler of an attempt logged. Nothing when it logged nothing. */
export function LogLines({ lines }: { readonly lines: readonly LogLine[] }) {
  if (lines.length === 0) return null;
  return (
    <details>
      <summary className="soft">{formatCounted(lines.length, 'log line')}</summary>
      <ol className="log">
        {lines.map(({ number, at, level, message, fields }) => (
          // Each run of an attempt numbers its lines from 1.
          <li key={`${at.getTime()} ${number}`} data-level={level}>
            <time dateTime={at.toISOString()} title={formatExact(at)}>
              {formatClock(at)}
            </time>{' '}
            <span className="log-level">{level}</span> {message}
            {fields !== undefined && <span className="soft"> {JSON.stringify(fields)}</span>}
          </li>
        ))}
      </ol>
    </details>
  );
}
