import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { LedgerOverview, Overview } from '../../api/overview.ts';
import { overviewQuery } from '../../api/overview.ts';
import { FaultList } from '../../parts/fault-list.tsx';
import { NoQueues } from '../../parts/queues/no-queues.tsx';
import { QueueTable } from '../../parts/queues/queue-table.tsx';
import { Card } from '../../ui/data/card.tsx';
import { LedgerAway } from '../../ui/looks/failed.tsx';
import { Loading } from '../../ui/looks/loading.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { Dependencies } from './dependencies.tsx';
import { GrowingFailures } from './growing-failures.tsx';
import { OverviewFigures } from './overview-figures.tsx';
import './overview.css';

/** Is anything wrong? */
export function OverviewPage() {
  const query = useQuery(overviewQuery);
  const now = useNow();
  return (
    <Page title="Overview">
      <QueryView
        what="the overview"
        query={query}
        loading={<Loading what="the overview" parts={['line', 'figures', 'card', 'card']} />}
      >
        {(overview) => <OverviewContent overview={overview} now={now} />}
      </QueryView>
    </Page>
  );
}

function OverviewContent({ overview, now }: { readonly overview: Overview; readonly now: Date }) {
  const { at, faults, dependencies, ledger } = overview;
  const faulty = new Set(faults.flatMap(({ subject }) => subject.queue ?? []));
  return (
    <>
      <FaultList faults={faults} checkedAt={at} now={now} />
      {ledger === undefined ? (
        <LedgerAway what="the counts of queues and failures" />
      ) : (
        <LedgerContent ledger={ledger} faulty={faulty} now={now} />
      )}
      <div className="two">
        {ledger !== undefined && (
          <Card title="Failures that grow" aside={<Link to="/failures">All failures</Link>}>
            <GrowingFailures growing={ledger.growing} />
          </Card>
        )}
        <Card title="Depends on">
          <Dependencies dependencies={dependencies} />
        </Card>
      </div>
    </>
  );
}

interface LedgerContentProps {
  readonly ledger: LedgerOverview;
  readonly faulty: ReadonlySet<string>;
  readonly now: Date;
}

function LedgerContent({ ledger, faulty, now }: LedgerContentProps) {
  const { queues } = ledger;
  if (queues.length === 0) return <NoQueues />;
  return (
    <>
      <OverviewFigures ledger={ledger} faulty={faulty} />
      <Card title="Queues" isFlush>
        <QueueTable queues={queues} faulty={faulty} now={now} />
      </Card>
    </>
  );
}
