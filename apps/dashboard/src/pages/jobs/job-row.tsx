import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Job } from '../../api/jobs.ts';
import { formatShare } from '../../format/number.ts';
import { shortId } from '../../format/short-id.ts';
import { Nothing } from '../../ui/text/count.tsx';
import { Glyph, STATE_WORDS } from '../../ui/text/glyph.tsx';
import { Distance } from '../../ui/text/moment.tsx';

/** Index of the first job for screen readers: the headers are the row before. */
export const FIRST_ROW_INDEX = 2;

interface JobRowViewProps {
  readonly job: Job;
  /** The filter does not select it any more. */
  readonly isGone: boolean;
  /** Its place in the list, from 0. */
  readonly index: number;
  /** Where it stands in the list, in pixels. */
  readonly top: number;
  readonly isSelected: boolean;
  readonly onToggle: (id: string) => void;
  readonly now: Date;
}

/** A job in the list. It is rendered again only when it changes: the list is rendered with every step of scrolling. */
export const JobRowView = memo(function JobRowView(props: JobRowViewProps) {
  const { job, isGone, index, top, isSelected, onToggle, now } = props;
  const { id, kind, queue, state, dueAt, updatedAt } = job;
  return (
    <tr
      className="job-row"
      aria-rowindex={index + FIRST_ROW_INDEX}
      data-selected={isSelected || undefined}
      data-gone={isGone || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <td className="job-check">
        <input
          type="checkbox"
          aria-label={`Select job ${shortId(id)}`}
          checked={isSelected}
          onChange={() => onToggle(id)}
        />
      </td>
      <JobName id={id} state={state} />
      <td className="job-kind" title={kind}>
        {kind}
      </td>
      <td className="job-queue" title={queue}>
        {queue}
      </td>
      <td className="job-attempt">
        <AttemptOf job={job} />
      </td>
      <td className="job-error" title={job.failureMessage}>
        {isGone ? (
          <em>Not in this list any more: {STATE_WORDS[state].toLowerCase()}</em>
        ) : (
          <ErrorOf job={job} />
        )}
      </td>
      <td className="job-next">
        {dueAt === undefined || !(state === 'retrying' || state === 'scheduled') ? (
          <Nothing />
        ) : (
          <Distance at={dueAt} now={now} />
        )}
      </td>
      <td className="job-updated">
        <Distance at={updatedAt} now={now} />
      </td>
    </tr>
  );
});

/** Not rendered again by the clock: links are the most work of a row. */
const JobName = memo(function JobName({ id, state }: Pick<Job, 'id' | 'state'>) {
  return (
    <th scope="row" className="job-name">
      <Glyph look={state} /> <span className="unseen">{STATE_WORDS[state]}</span>
      <Link to="/jobs/$id" params={{ id }} title={`${STATE_WORDS[state]}: ${id}`}>
        {shortId(id)}
      </Link>
    </th>
  );
});

function AttemptOf({ job: { attempt, maxAttempts, state, progress } }: { readonly job: Job }) {
  if (state === 'running' && progress !== undefined)
    return <span title={`Attempt ${attempt} of ${maxAttempts}`}>{formatShare(progress.fraction)}</span>;
  return (
    <>
      {attempt} <span className="soft">of {maxAttempts}</span>
    </>
  );
}

function ErrorOf({ job: { errorCode, failureMessage } }: { readonly job: Job }) {
  if (errorCode === undefined && failureMessage === undefined) return <Nothing />;
  return (
    <>
      {errorCode !== undefined && <code>{errorCode}</code>} {failureMessage}
    </>
  );
}
