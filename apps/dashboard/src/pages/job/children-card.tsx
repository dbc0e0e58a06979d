import { JOB_STATES, type JobState } from '@leveret/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type JobChildren, jobChildrenQuery } from '../../api/job.ts';
import { formatCount, formatCounted } from '../../format/number.ts';
import { shortId } from '../../format/short-id.ts';
import { Card } from '../../ui/data/card.tsx';
import { Loading } from '../../ui/looks/loading.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Glyph, STATE_WORDS } from '../../ui/text/glyph.tsx';
import { Distance } from '../../ui/text/moment.tsx';

const STATES = Object.keys(JOB_STATES) as readonly JobState[];

/** The jobs that a job enqueued: how many, in which states, and some of them. */
export function ChildrenCard({ id, now }: { readonly id: string; readonly now: Date }) {
  const query = useQuery(jobChildrenQuery(id));
  return (
    <Card title="Jobs it enqueued">
      <QueryView
        what="the jobs it enqueued"
        query={query}
        loading={<Loading what="the jobs it enqueued" parts={['line']} />}
      >
        {(found) => <FoundChildren found={found} now={now} />}
      </QueryView>
    </Card>
  );
}

function FoundChildren({ found, now }: { readonly found: JobChildren; readonly now: Date }) {
  const { filter, jobs, count, isExact, byState = {} } = found;
  if (jobs.length === 0) return <p className="soft">None.</p>;
  return (
    <>
      <p className="children-counts">
        <Link to="/jobs" search={{ filter }}>
          {isExact ? '' : 'More than '}
          {formatCounted(count, 'job')}
        </Link>
        {STATES.filter((state) => byState[state] !== undefined).map((state) => (
          <span key={state} className="state-label">
            <Glyph look={state} /> {STATE_WORDS[state]} {formatCount(byState[state] ?? 0)}
          </span>
        ))}
      </p>
      <ul className="children">
        {jobs.map(({ id, kind, state, updatedAt }) => (
          <li key={id}>
            <Glyph look={state} /> <span className="unseen">{STATE_WORDS[state]}: </span>
            <Link to="/jobs/$id" params={{ id }}>
              {kind} {shortId(id)}
            </Link>{' '}
            <span className="soft">
              <Distance at={updatedAt} now={now} />
            </span>
          </li>
        ))}
      </ul>
      {count > jobs.length && <p className="soft">The {jobs.length} that were updated last are shown.</p>}
    </>
  );
}
