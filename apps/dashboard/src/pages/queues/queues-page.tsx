import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../../api/overview.ts';
import { queuesQuery } from '../../api/queues.ts';
import { QueueTable } from '../../parts/queue-table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { useNow } from '../../ui/text/use-now.ts';

/** Where does it pile up? */
export function QueuesPage() {
  const query = useQuery(queuesQuery);
  const { data: overview } = useQuery(overviewQuery);
  const now = useNow();
  const faulty = new Set(overview?.faults.flatMap(({ subject }) => subject.queue ?? []));
  return (
    <Page title="Queues">
      <div className="card" data-flush>
        <QueryView what="the queues" query={query}>
          {({ queues }) =>
            queues.length === 0 ? (
              <Look title="There is no queue yet.">
                A queue appears with its first job: enqueue one, or drop a video on the upload page of this
                server.
              </Look>
            ) : (
              <QueueTable queues={queues} faulty={faulty} now={now} />
            )
          }
        </QueryView>
      </div>
    </Page>
  );
}
