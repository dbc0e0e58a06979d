import { useQuery } from '@tanstack/react-query';
import { workersQuery } from '../../api/workers.ts';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { fleetWords } from './fleet-words.ts';
import { WorkerCard } from './worker-card.tsx';
import './workers.css';

/** Who works on what? */
export function WorkersPage() {
  const query = useQuery(workersQuery);
  const now = useNow();
  return (
    <Page title="Workers">
      <QueryView what="the workers" query={query}>
        {(workers) =>
          workers.length === 0 ? (
            <Look glyph="warning" title="No worker was seen lately.">
              Jobs wait until one starts: <code>npm run worker</code>
            </Look>
          ) : (
            <>
              <p className="lead">{fleetWords(workers)}</p>
              <div className="workers">
                {workers.map((worker) => (
                  <WorkerCard key={worker.instanceId} worker={worker} now={now} />
                ))}
              </div>
            </>
          )
        }
      </QueryView>
    </Page>
  );
}
