import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FailureGroupDetails, failureGroupQuery } from '../../api/failures.ts';
import { formatCounted } from '../../format/number.ts';
import { shortId } from '../../format/short-id.ts';
import { FailureText } from '../../parts/failures/failure-text.tsx';
import { Facts } from '../../ui/data/facts.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { differenceWords } from './difference-words.ts';

/** The newest failure of a group in full, and what differs between its jobs. */
export function GroupDetails({ fingerprint }: { readonly fingerprint: string }) {
  const query = useQuery(failureGroupQuery(fingerprint));
  return (
    <div className="failure-body">
      <QueryView what="the group" query={query}>
        {(details) => (
          <div className="two">
            <section>
              <h3>
                Latest failure, of job{' '}
                <Link to="/jobs/$id" params={{ id: details.group.sampleJobId }}>
                  {shortId(details.group.sampleJobId)}
                </Link>
              </h3>
              {details.sample === undefined ? (
                <p className="soft">The ledger does not have it any more.</p>
              ) : (
                <FailureText failure={details.sample} />
              )}
            </section>
            <Differences details={details} />
          </div>
        )}
      </QueryView>
    </div>
  );
}

function Differences({ details: { differs, compared } }: { readonly details: FailureGroupDetails }) {
  return (
    <section className="failure-differs">
      <h3>What differs between the newest {formatCounted(compared, 'job')}</h3>
      {differs.length === 0 ? (
        <p className="soft">Nothing: kind, queue, worker, version, message and tags are the same.</p>
      ) : (
        <Facts
          facts={differs.map(({ field, values }) => ({ name: field, value: differenceWords(values) }))}
        />
      )}
    </section>
  );
}
