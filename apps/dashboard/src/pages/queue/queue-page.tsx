import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { overviewQuery } from '../../api/overview.ts';
import { QUEUE_RANGES, type QueueDetails, type QueueRange, queueQuery } from '../../api/queues.ts';
import { FaultList } from '../../parts/fault-list.tsx';
import { QueueControl } from '../../parts/queues/queue-control.tsx';
import { Choice } from '../../ui/controls/choice.tsx';
import { Card } from '../../ui/data/card.tsx';
import { Loading } from '../../ui/looks/loading.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { KindTable } from './kind-table.tsx';
import { QueueCharts } from './queue-charts.tsx';
import { QueueFigures } from './queue-figures.tsx';
import './queue.css';

const route = getRouteApi('/app/queues/$queue');

const RANGE_WORDS: Readonly<Record<QueueRange, string>> = { '10m': '10 min', '1h': '1 h', '6h': '6 h' };

/** One queue: how much waits, what comes in and goes out, and how long it takes. */
export function QueuePage() {
  const { queue } = route.useParams();
  const { range } = route.useSearch();
  const query = useQuery({
    ...queueQuery(queue, range),
    // Another range of the same queue keeps the last one on the page until it is there.
    placeholderData: (previous, previousQuery) =>
      previousQuery?.queryKey[1] === queue ? previous : undefined,
  });
  const navigate = route.useNavigate();
  const now = useNow();
  return (
    <Page
      key={queue}
      title={`Queue ${queue}`}
      heading={queue}
      crumbs={<Link to="/queues">Queues</Link>}
      actions={query.data !== undefined && <QueueControl queue={query.data.queue} />}
    >
      <QueryView
        what={`queue ${queue}`}
        query={query}
        loading={<Loading what={`queue ${queue}`} parts={['figures', 'card', 'card']} />}
      >
        {(details) => (
          <QueueContent
            details={details}
            range={range}
            now={now}
            onRange={(next) => navigate({ search: { range: next }, replace: true, resetScroll: false })}
          />
        )}
      </QueryView>
    </Page>
  );
}

interface QueueContentProps {
  readonly details: QueueDetails;
  readonly range: QueueRange;
  readonly now: Date;
  readonly onRange: (range: QueueRange) => void;
}

function QueueContent({ details, range, now, onRange }: QueueContentProps) {
  const { queue, kinds } = details;
  const ranges = (
    <Choice
      label="Range"
      options={QUEUE_RANGES.map((value) => ({ value, label: RANGE_WORDS[value] }))}
      value={range}
      onChange={onRange}
    />
  );
  return (
    <>
      <QueueFaults queue={queue.queue} now={now} />
      {queue.pause !== undefined && (
        <p className="paused">
          <strong>Paused</strong> by {queue.pause.by} since <Moment at={queue.pause.at} now={now} />
          {queue.pause.reason === undefined ? '.' : `: ${queue.pause.reason}`}
        </p>
      )}
      <QueueFigures queue={queue} now={now} />
      <QueueCharts details={details} ranges={ranges} now={now} />
      <Card title={`Kinds of job, last ${RANGE_WORDS[range]}`} isFlush>
        <KindTable kinds={kinds} />
      </Card>
    </>
  );
}

/** What is wrong with this queue. Nothing stands here when nothing is. */
function QueueFaults({ queue, now }: { readonly queue: string; readonly now: Date }) {
  const { data: overview } = useQuery(overviewQuery);
  const faults = overview?.faults.filter(({ subject }) => subject.queue === queue) ?? [];
  if (overview === undefined || faults.length === 0) return null;
  return <FaultList faults={faults} checkedAt={overview.at} now={now} />;
}
