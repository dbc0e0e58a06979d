import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../../api/overview.ts';
import { queuesQuery } from '../../api/queues.ts';
import { NoQueues } from '../../parts/queues/no-queues.tsx';
import { QueueTable } from '../../parts/queues/queue-table.tsx';
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
      <QueryView what="the queues" query={query}>
        {({ queues }) =>
          queues.length === 0 ? (
            <NoQueues />
          ) : (
            <div className="card" data-flush>
              <QueueTable queues={queues} faulty={faulty} now={now} />
            </div>
          )
        }
      </QueryView>
    </Page>
  );
}
