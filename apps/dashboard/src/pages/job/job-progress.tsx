import type { Job } from '../../api/jobs.ts';
import { formatCount, formatShare } from '../../format/number.ts';

/** How far the running attempt is. */
export function JobProgress({ progress }: { readonly progress: NonNullable<Job['progress']> }) {
  const { fraction, done, total, text } = progress;
  return (
    <p className="job-progress">
      <progress value={fraction} max={1} aria-label="Progress of the attempt" />
      <strong>{formatShare(fraction)}</strong>
      {done !== undefined && (
        <span className="soft">
          {formatCount(done)}
          {total !== undefined && ` of ${formatCount(total)}`}
        </span>
      )}
      {text !== undefined && <span className="soft">{text}</span>}
    </p>
  );
}
