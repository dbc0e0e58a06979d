import { formatClock } from '../../format/moment.ts';

/** What is shown is older than it should be. */
export function Stale({ since, reason }: { readonly since: Date; readonly reason: string }) {
  return (
    <p className="stale" role="status">
      <strong>Not up to date since {formatClock(since)}.</strong> {reason} Trying again …
    </p>
  );
}
