import type { JobState } from '@leveret/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Cause } from '../../api/job.ts';
import { Loading } from '../../ui/looks/loading.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Distance, Moment } from '../../ui/text/moment.tsx';

interface ExplanationProps {
  readonly state: JobState;
  readonly query: UseQueryResult<readonly Cause[]>;
  readonly now: Date;
}

/** Why the job is where it is: every cause, the most important first. */
export function Explanation({ state, query, now }: ExplanationProps) {
  const isWaiting = state === 'scheduled' || state === 'queued' || state === 'retrying';
  return (
    <section className="why" data-tone={isWaiting || state === 'dead' ? 'warn' : undefined}>
      <h2>{isWaiting ? 'Why is it not running?' : 'Where it stands'}</h2>
      <QueryView
        what="the explanation"
        query={query}
        loading={<Loading what="the explanation" parts={['line']} />}
      >
        {(causes) => (
          <ol>
            {causes.map((cause) => (
              <li key={`${cause.kind} ${cause.text}`}>
                <CauseWords cause={cause} now={now} />
              </li>
            ))}
          </ol>
        )}
      </QueryView>
    </section>
  );
}

function CauseWords({ cause, now }: { readonly cause: Cause; readonly now: Date }) {
  const { text, detail, advice, since, until } = cause;
  return (
    <>
      <strong>{text.charAt(0).toUpperCase() + text.slice(1)}</strong>
      {until !== undefined && (
        <>
          , until <Moment at={until} now={now} /> (<Distance at={until} now={now} />)
        </>
      )}
      {since !== undefined && (
        <>
          , since <Moment at={since} now={now} />
        </>
      )}
      {detail !== undefined && <>: {detail}</>}
      {advice !== undefined && <span className="why-advice">{advice}</span>}
    </>
  );
}
