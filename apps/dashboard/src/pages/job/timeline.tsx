import type { JobDetails } from '../../api/job.ts';
import { formatAge, formatDuration } from '../../format/duration.ts';
import { formatClock, formatExact } from '../../format/moment.ts';
import { Card } from '../../ui/data/card.tsx';
import { type Stretch, timelineOf } from './timeline-of.ts';

/** More stretches than this do not fit: the last ones are drawn, and the list has all. */
const MAX_DRAWN = 18;

/** The life of the job as a line of stretches, and as a list for everybody who wants exact figures. */
export function Timeline({ details, now }: { readonly details: JobDetails; readonly now: Date }) {
  const stretches = timelineOf(details, now);
  if (stretches.length === 0) return null;
  const drawn = stretches.slice(-MAX_DRAWN);
  return (
    <Card title="Timeline">
      <div className="timeline" aria-hidden="true">
        {drawn.map((stretch) => (
          <div
            key={stretch.from.getTime()}
            className="stretch"
            data-kind={stretch.kind}
            data-failed={stretch.hasFailed || undefined}
            data-open={stretch.isOpen || undefined}
            style={{ flexGrow: weightOf(stretch) }}
            title={wordsOf(stretch, now)}
          >
            <span className="stretch-bar">{labelOf(stretch)}</span>
            <span className="stretch-tick">{formatClock(stretch.from)}</span>
          </div>
        ))}
      </div>
      <details className="timeline-list">
        <summary>As a list</summary>
        <ol>
          {stretches.map((stretch) => (
            <li key={`${stretch.kind} ${stretch.from.getTime()}`}>
              <time dateTime={stretch.from.toISOString()}>{formatExact(stretch.from)}</time>:{' '}
              {wordsOf(stretch, now)}
            </li>
          ))}
        </ol>
      </details>
    </Card>
  );
}

/** Durations reach from milliseconds to days: their logarithm keeps the short ones visible. */
function weightOf(stretch: Stretch): number {
  return Math.max(Math.log2(lengthOf(stretch) / 100), 1);
}

function lengthOf({ from, until }: Stretch): number {
  return until.getTime() - from.getTime();
}

function labelOf(stretch: Stretch): string {
  if (stretch.kind === 'run') return String(stretch.attempt ?? '');
  return formatDuration(lengthOf(stretch));
}

function wordsOf(stretch: Stretch, now: Date): string {
  const { kind, until, attempt, isOpen = false } = stretch;
  const length = formatDuration(lengthOf(stretch));
  switch (kind) {
    case 'delay':
      return isOpen && until > now
        ? `not due before ${formatClock(until)}, in ${formatAge(until.getTime() - now.getTime())}`
        : `was not due for ${length}`;
    case 'wait':
      return isOpen ? `waits for a worker, for ${length} so far` : `waited ${length} for a worker`;
    case 'rest':
      return `had ended for ${length}, until it was run again`;
    case 'run':
      return `attempt ${attempt} ${isOpen ? `runs, for ${length} so far` : `${stretch.hasFailed ? 'failed' : 'ended'} after ${length}`}`;
  }
}
