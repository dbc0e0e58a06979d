import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import {
  ITEMS_PER_PAGE,
  type Operation,
  type OperationItem,
  operationItemsQuery,
  operationQuery,
} from '../../api/operations.ts';
import { formatCount } from '../../format/number.ts';
import { OperationProgress } from '../../parts/operation-progress.tsx';
import { operationState, operationTitle, outcomeWords } from '../../parts/operation-words.ts';
import { StopOperation } from '../../parts/stop-operation.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { Card } from '../../ui/data/card.tsx';
import { Facts } from '../../ui/data/facts.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Nothing } from '../../ui/text/count.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';

const route = getRouteApi('/app/operations/$id');

/** One operation: how far it is, and what became of each of its jobs. */
export function OperationPage() {
  const { id } = route.useParams();
  const query = useQuery(operationQuery(id));
  const title = query.data === undefined ? 'Operation' : operationTitle(query.data);
  return (
    <Page
      isNarrow
      key={id}
      title={title}
      crumbs={<Link to="/operations">Operations</Link>}
      actions={query.data !== undefined && <StopOperation operation={query.data} />}
    >
      <QueryView what="the operation" query={query}>
        {(operation) => <OperationContent operation={operation} />}
      </QueryView>
    </Page>
  );
}

function OperationContent({ operation }: { readonly operation: Operation }) {
  const now = useNow();
  const { id, by, reason, selection, perSecond, createdAt, finishedAt, unaware = [] } = operation;
  return (
    <>
      <Card title="Progress" aside={<OperationProgress operation={operation} />}>
        <p className="lead">
          The operation is {operationState(operation)}: {outcomeWords(operation)}.
        </p>
        {unaware.length > 0 && (
          <p className="late">
            Workers of an older version may run what was stopped:{' '}
            {unaware.map(({ workerId }) => workerId).join(', ')}
          </p>
        )}
        <Facts
          facts={[
            { name: 'Jobs', value: <code>{selection}</code> },
            { name: 'By', value: by },
            { name: 'Reason', value: reason ?? <Nothing /> },
            {
              name: 'Rate',
              value:
                perSecond === undefined ? 'as fast as it goes' : `${formatCount(perSecond)} jobs a second`,
            },
            { name: 'Started', value: <Moment at={createdAt} now={now} /> },
            {
              name: 'Ended',
              value:
                finishedAt === undefined ? <Nothing word="not yet" /> : <Moment at={finishedAt} now={now} />,
            },
            {
              name: 'Audit',
              value: (
                <Link to="/audit" search={{ operation: id }}>
                  What it did, job by job
                </Link>
              ),
            },
          ]}
        />
      </Card>
      <Items operation={operation} />
    </>
  );
}

function Items({ operation: { id, total } }: { readonly operation: Operation }) {
  const { from } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(operationItemsQuery(id, from));
  const last = Math.min(from + ITEMS_PER_PAGE - 1, total);
  const show = (next: number) => navigate({ search: { from: next }, resetScroll: false });
  return (
    <Card
      title="Jobs"
      isFlush
      aside={
        total > ITEMS_PER_PAGE && (
          <span className="actions">
            <span className="soft">
              {formatCount(from)} to {formatCount(last)} of {formatCount(total)}
            </span>
            <Button
              look="quiet"
              disabled={from === 1}
              onClick={() => show(Math.max(1, from - ITEMS_PER_PAGE))}
            >
              Earlier
            </Button>
            <Button look="quiet" disabled={last >= total} onClick={() => show(from + ITEMS_PER_PAGE)}>
              Later
            </Button>
          </span>
        )
      }
    >
      <QueryView what="the jobs of the operation" query={query}>
        {(items) => (
          <Table label="Jobs of the operation" columns={COLUMNS} rows={items} keyOf={({ jobId }) => jobId} />
        )}
      </QueryView>
    </Card>
  );
}

const COLUMNS: readonly Column<OperationItem>[] = [
  {
    key: 'number',
    header: 'Number',
    isNumber: true,
    phone: 'figure',
    cell: ({ number }) => formatCount(number),
  },
  {
    key: 'job',
    header: 'Job',
    phone: 'title',
    cell: ({ jobId }) => (
      <Link to="/jobs/$id" params={{ id: jobId }}>
        <code>{jobId}</code>
      </Link>
    ),
  },
  { key: 'outcome', header: 'Outcome', phone: 'detail', cell: ({ outcome }) => outcome },
  { key: 'reason', header: 'Why', phone: 'line', cell: ({ reason }) => reason ?? <Nothing /> },
];
