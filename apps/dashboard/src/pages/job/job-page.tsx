import type { JobDetailsView } from '@leveret/http-contract/admin';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import {
  explanationQuery,
  type JobDetails,
  jobChildrenQuery,
  jobLogQuery,
  jobPicturesQuery,
  jobQuery,
} from '../../api/job.ts';
import { ApiError } from '../../api/transport/api-error.ts';
import { shortId } from '../../format/short-id.ts';
import { useLiveStream } from '../../live/use-live-stream.ts';
import { Card } from '../../ui/data/card.tsx';
import { Loading } from '../../ui/looks/loading.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Stale } from '../../ui/looks/stale.tsx';
import { Page } from '../../ui/page.tsx';
import { Glyph, STATE_WORDS } from '../../ui/text/glyph.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { AttemptList } from './attempt-list.tsx';
import { BodyCard } from './body/body-card.tsx';
import { PicturesCard } from './body/pictures-card.tsx';
import { ChildrenCard } from './children-card.tsx';
import { CopyButton } from './copy-button.tsx';
import { Explanation } from './explanation.tsx';
import { JobActions } from './job-actions.tsx';
import { JobAudit } from './job-audit.tsx';
import { JobFacts } from './job-facts.tsx';
import { JobProgress } from './job-progress.tsx';
import { Timeline } from './timeline.tsx';
import './job.css';

const route = getRouteApi('/app/jobs/$id');

/** One job: what happened, and why does it not run? */
export function JobPage() {
  const { id } = route.useParams();
  const query = useQuery(jobQuery(id));
  const job = query.data?.job;
  const isMissing = query.error instanceof ApiError && query.error.code === 'JOB_NOT_FOUND';
  return (
    <Page
      key={id}
      title={job === undefined ? `Job ${shortId(id)}` : `${job.kind} ${shortId(id)}`}
      heading={
        <>
          {job !== undefined && (
            <>
              <Glyph look={job.state} />
              <span className="unseen">{STATE_WORDS[job.state]}: </span>
            </>
          )}
          {job?.kind ?? 'Job'} <code className="job-id">{id}</code> <CopyButton text={id} label="Copy id" />
        </>
      }
      crumbs={
        <>
          <Link to="/jobs">Jobs</Link>
          {job !== undefined && (
            <>
              {' / '}
              <Link to="/jobs" search={{ filter: `kind:${job.kind}` }}>
                {job.kind}
              </Link>
            </>
          )}
        </>
      }
      actions={job !== undefined && <JobActions job={job} />}
    >
      {isMissing ? (
        <div className="card">
          <Look title="The ledger has no job with this id.">
            It was deleted after its retention time, or it was never enqueued here. The address may be cut
            off.
          </Look>
        </div>
      ) : (
        <QueryView what="the job" query={query} loading={<Loading what="the job" />}>
          {(details) => <JobContent id={id} details={details} />}
        </QueryView>
      )}
    </Page>
  );
}

function JobContent({ id, details }: { readonly id: string; readonly details: JobDetails }) {
  const queryClient = useQueryClient();
  const now = useNow();
  const log = useQuery(jobLogQuery(id));
  const explanation = useQuery(explanationQuery(id));
  const reread = (queryKey: readonly unknown[]) =>
    queryClient.invalidateQueries({ queryKey }, { cancelRefetch: false });
  const live = useLiveStream(`/live/jobs/${encodeURIComponent(id)}`, {
    job(data) {
      queryClient.setQueryData(jobQuery(id).queryKey, data as JobDetailsView);
      return Promise.all(
        [jobLogQuery, explanationQuery, jobPicturesQuery, jobChildrenQuery].map((query) =>
          reread(query(id).queryKey),
        ),
      );
    },
    gap: () => reread(['job', id]),
  });
  const { job, attempts, audit } = details;
  return (
    <>
      {live.kind === 'stale' && <Stale since={live.since} reason="Live updates of this job stopped." />}
      <Explanation state={job.state} query={explanation} now={now} />
      {job.state === 'running' && job.progress !== undefined && <JobProgress progress={job.progress} />}
      <Timeline details={details} now={now} />
      <div className="job-columns">
        <div className="job-column">
          <Card title="Attempts">
            <AttemptList attempts={attempts} maxAttempts={job.maxAttempts} log={log} now={now} />
          </Card>
          <ChildrenCard id={id} now={now} />
          <Card title="What operators did">
            <JobAudit audit={audit} now={now} />
          </Card>
        </div>
        <div className="job-column">
          <Card title="Facts">
            <JobFacts details={details} now={now} />
          </Card>
          <PicturesCard id={id} />
          <BodyCard job={job} part="payload" />
          <BodyCard job={job} part="result" />
        </div>
      </div>
    </>
  );
}
