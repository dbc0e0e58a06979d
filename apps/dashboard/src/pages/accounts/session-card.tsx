import { useQuery } from '@tanstack/react-query';
import { type AccountSession, sessionsQuery } from '../../api/accounts.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Card } from '../../ui/data/card.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import type { Ask } from './asking.ts';

/** All sessions. */
export function SessionCard({ onAsk }: { readonly onAsk: Ask }) {
  const query = useQuery(sessionsQuery);
  const now = useNow();
  const columns: readonly Column<AccountSession>[] = [
    {
      key: 'account',
      header: 'Account',
      phone: 'title',
      cell: ({ account, isThis }) => (isThis ? `${account} (this session)` : account),
    },
    { key: 'address', header: 'From', phone: 'detail', cell: ({ address }) => <code>{address}</code> },
    {
      key: 'created',
      header: 'Since',
      phone: 'figure',
      cell: ({ createdAt }) => <Moment at={createdAt} now={now} />,
    },
    {
      key: 'until',
      header: 'Until',
      phone: 'detail',
      cell: ({ expiresAt }) => <Moment at={expiresAt} now={now} />,
    },
    {
      key: 'actions',
      header: <span className="unseen">Actions</span>,
      phone: 'line',
      cell: (session) => (
        <Button look="quiet" onClick={() => onAsk({ kind: 'end-session', session })}>
          End…
        </Button>
      ),
    },
  ];
  return (
    <Card title="Sessions" isFlush>
      <QueryView what="the sessions" query={query}>
        {(sessions) =>
          sessions.length === 0 ? (
            <Look title="Nobody is signed in." />
          ) : (
            <Table label="Sessions" columns={columns} rows={sessions} keyOf={({ id }) => id} />
          )
        }
      </QueryView>
    </Card>
  );
}
