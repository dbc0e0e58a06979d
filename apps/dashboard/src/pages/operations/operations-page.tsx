import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { isOpen } from '../../api/operation-state.ts';
import { type Operation, operationsQuery } from '../../api/operations.ts';
import { OperationProgress } from '../../parts/operation-progress.tsx';
import { operationState, operationTitle } from '../../parts/operation-words.ts';
import { StopOperation } from '../../parts/stop-operation.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Glyph } from '../../ui/text/glyph.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';

/** What is being done to many jobs at a time, and what was? */
export function OperationsPage() {
  const query = useQuery(operationsQuery);
  const now = useNow();
  return (
    <Page title="Operations" isNarrow>
      <div className="card" data-flush>
        <QueryView what="the operations" query={query}>
          {(operations) =>
            operations.length === 0 ? (
              <Look title="No operation ran in the last 30 days.">
                An operation is an action on many jobs: select jobs on the page Jobs, or retry a group on the
                page Failures.
              </Look>
            ) : (
              <Table label="Operations" columns={columnsFor(now)} rows={operations} keyOf={({ id }) => id} />
            )
          }
        </QueryView>
      </div>
    </Page>
  );
}

function columnsFor(now: Date): readonly Column<Operation>[] {
  return [
    {
      key: 'title',
      header: 'Operation',
      phone: 'title',
      cell: (operation) => (
        <Link to="/operations/$id" params={{ id: operation.id }}>
          {operationTitle(operation)}
        </Link>
      ),
    },
    {
      key: 'state',
      header: 'State',
      phone: 'figure',
      cell: (operation) => (
        <span className="state-label">
          <Glyph look={glyphOf(operation)} /> {operationState(operation)}
        </span>
      ),
    },
    {
      key: 'progress',
      header: 'Progress',
      phone: 'line',
      cell: (operation) => <OperationProgress operation={operation} />,
    },
    {
      key: 'selection',
      header: 'Jobs',
      phone: 'line',
      cell: ({ selection }) => <code className="selection-words">{selection}</code>,
    },
    { key: 'by', header: 'By', phone: 'detail', cell: ({ by }) => by },
    {
      key: 'started',
      header: 'Started',
      phone: 'detail',
      cell: ({ createdAt }) => <Moment at={createdAt} now={now} />,
    },
    {
      key: 'stop',
      header: <span className="unseen">Actions</span>,
      phone: 'line',
      cell: (operation) => <StopOperation operation={operation} />,
    },
  ];
}

/** The sign of an operation: what is open runs; what failed for a job is a warning. */
export function glyphOf(operation: Operation) {
  if (isOpen(operation)) return 'running';
  if (operation.state === 'stopped') return 'cancelled';
  return operation.failed > 0 ? 'warning' : 'succeeded';
}
