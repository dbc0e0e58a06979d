import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type AuditEntry, auditQuery } from '../../api/audit.ts';
import { formatExact } from '../../format/moment.ts';
import { JumpToTime } from '../../parts/jump-to-time.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Nothing } from '../../ui/text/count.tsx';
import { STATE_WORDS } from '../../ui/text/glyph.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';

const route = getRouteApi('/app/audit');

/** Who did what, and why? */
export function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(auditQuery(search));
  const now = useNow();
  const { operation, before } = search;
  const isJumped = before !== '';
  return (
    <Page
      title="Audit"
      isNarrow
      actions={
        <JumpToTime
          words="The list begins with the last entry before."
          onJump={(moment) => navigate({ search: { operation, before: moment.toISOString() } })}
        />
      }
    >
      {operation !== '' && (
        <p className="lead">
          What operation <OperationLink id={operation} /> did, job by job.{' '}
          <Link to="/audit">Show everything</Link>
        </p>
      )}
      {isJumped && (
        <p className="lead">
          Entries from before {formatExact(new Date(before))}.{' '}
          <Link to="/audit" search={{ operation }}>
            Back to the newest
          </Link>
        </p>
      )}
      <div className="card" data-flush>
        <QueryView what="the audit log" query={query}>
          {(entries) =>
            entries.length === 0 ? (
              <Look title={isJumped ? 'Nothing was done before then.' : 'Nothing was done yet.'}>
                Every action of an operator is noted here for a year.
              </Look>
            ) : (
              <>
                <Table
                  label="Audit log"
                  columns={columnsFor(now)}
                  rows={entries}
                  keyOf={({ seq }) => String(seq)}
                />
                {query.hasNextPage && (
                  <p className="more">
                    <Button isBusy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                      Show older entries
                    </Button>
                  </p>
                )}
              </>
            )
          }
        </QueryView>
      </div>
    </Page>
  );
}

function columnsFor(now: Date): readonly Column<AuditEntry>[] {
  return [
    { key: 'by', header: 'Who', phone: 'title', cell: ({ by }) => by },
    { key: 'at', header: 'When', phone: 'figure', cell: ({ at }) => <Moment at={at} now={now} /> },
    { key: 'action', header: 'What', phone: 'line', cell: ({ action }) => action.replaceAll('-', ' ') },
    { key: 'subject', header: 'On', phone: 'line', cell: (entry) => <Subject entry={entry} /> },
    { key: 'change', header: 'Change', phone: 'detail', cell: (entry) => <Change entry={entry} /> },
    { key: 'reason', header: 'Reason', phone: 'line', cell: ({ reason }) => reason ?? <Nothing /> },
  ];
}

function Subject({ entry: { jobId, queue, operationId, subject } }: { readonly entry: AuditEntry }) {
  if (jobId !== undefined)
    return (
      <Link to="/jobs/$id" params={{ id: jobId }}>
        job <code>{jobId.slice(0, 8)}</code>
      </Link>
    );
  if (operationId !== undefined)
    return (
      <>
        operation <OperationLink id={operationId} />
      </>
    );
  if (queue !== undefined)
    return (
      <Link to="/queues/$queue" params={{ queue }}>
        queue {queue}
      </Link>
    );
  return subject ?? <Nothing />;
}

function OperationLink({ id }: { readonly id: string }) {
  return (
    <Link to="/operations/$id" params={{ id }}>
      <code>{id.slice(0, 8)}</code>
    </Link>
  );
}

function Change({ entry: { before, after, detail } }: { readonly entry: AuditEntry }) {
  if (before === undefined || after === undefined) return detail ?? <Nothing />;
  return (
    <>
      {STATE_WORDS[before]} → {STATE_WORDS[after]}
    </>
  );
}
