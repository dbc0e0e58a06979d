import { formatAge, formatDistance } from '../../format/duration.ts';
import { formatExact, formatMoment } from '../../format/moment.ts';

interface MomentProps {
  readonly at: Date;
  readonly now: Date;
}

/** A moment, short; exact on hover. */
export function Moment({ at, now }: MomentProps) {
  return (
    <time dateTime={at.toISOString()} title={formatExact(at)}>
      {formatMoment(at, now)}
    </time>
  );
}

/** How far a moment is from now: `in 4 min`, `8 s ago`. Exact on hover. */
export function Distance({ at, now }: MomentProps) {
  return (
    <time dateTime={at.toISOString()} title={formatExact(at)}>
      {formatDistance(at, now)}
    </time>
  );
}

/** For how long something has been so: `since 03:02, 9 min`. */
export function Since({ at, now }: MomentProps) {
  return (
    <span className="since">
      since <Moment at={at} now={now} />, {formatAge(now.getTime() - at.getTime())}
    </span>
  );
}
