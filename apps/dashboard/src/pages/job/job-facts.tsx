import { formatFilter } from '@leveret/http-contract/filter';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { JobDetails } from '../../api/job.ts';
import { shortId } from '../../format/short-id.ts';
import { Facts } from '../../ui/data/facts.tsx';
import { StateLabel } from '../../ui/text/glyph.tsx';
import { Distance, Moment } from '../../ui/text/moment.tsx';

interface JobFactsProps {
  readonly details: JobDetails;
  readonly now: Date;
}

/** What is known of the job, with links to others like it. */
export function JobFacts({ details: { job, undispatchedSince }, now }: JobFactsProps) {
  const { queue, parentId, tags, fingerprint, workerId, headers = {}, redact, generation } = job;
  const facts: readonly (false | { readonly name: string; readonly value: ReactNode })[] = [
    { name: 'State', value: <StateLabel state={job.state} /> },
    {
      name: 'Queue',
      value: (
        <Link to="/queues/$queue" params={{ queue }}>
          {queue}
        </Link>
      ),
    },
    { name: 'Priority', value: job.priority },
    {
      name: 'Attempts',
      value: `${job.attempt} of ${job.maxAttempts}${generation > 0 ? `, run ${generation + 1}` : ''}`,
    },
    parentId !== undefined && {
      name: 'Enqueued by',
      value: (
        <Link to="/jobs/$id" params={{ id: parentId }} title={parentId}>
          Job {shortId(parentId)}
        </Link>
      ),
    },
    tags.length > 0 && { name: 'Tags', value: <Tags tags={tags} /> },
    { name: 'Created', value: <When at={job.createdAt} now={now} /> },
    { name: 'Updated', value: <When at={job.updatedAt} now={now} /> },
    job.dueAt !== undefined && { name: 'Due', value: <When at={job.dueAt} now={now} /> },
    job.finishedAt !== undefined && { name: 'Finished', value: <When at={job.finishedAt} now={now} /> },
    undispatchedSince !== undefined && {
      name: 'Not dispatched',
      value: (
        <>
          since <When at={undispatchedSince} now={now} />: the broker is not known to have it
        </>
      ),
    },
    workerId !== undefined && { name: 'Worker', value: workerId },
    fingerprint !== undefined && {
      name: 'Failures like it',
      value: (
        <Link to="/failures" search={{ fingerprint }}>
          {job.errorCode ?? fingerprint}
        </Link>
      ),
    },
    redact.length > 0 && { name: 'Redacted', value: <code>{redact.join(', ')}</code> },
    ...Object.entries(headers).map(([name, value]) => ({ name: `Header ${name}`, value })),
  ];
  return <Facts facts={facts.filter((fact) => fact !== false)} />;
}

function When({ at, now }: { readonly at: Date; readonly now: Date }) {
  return (
    <>
      <Moment at={at} now={now} />{' '}
      <span className="soft">
        <Distance at={at} now={now} />
      </span>
    </>
  );
}

function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <Link key={tag} className="pill" to="/jobs" search={{ filter: formatFilter({ tags: [tag] }) }}>
          {tag}
        </Link>
      ))}
    </span>
  );
}
