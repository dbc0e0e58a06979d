import { useQuery } from '@tanstack/react-query';
import { type ApiKey, keysQuery } from '../../api/accounts.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Card } from '../../ui/data/card.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Nothing } from '../../ui/text/count.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import type { Ask } from './asking.ts';

/** All API keys. */
export function KeyCard({ onAsk }: { readonly onAsk: Ask }) {
  const query = useQuery(keysQuery);
  const now = useNow();
  const columns: readonly Column<ApiKey>[] = [
    { key: 'name', header: 'Key', phone: 'title', cell: ({ name }) => name },
    { key: 'role', header: 'Role', phone: 'figure', cell: ({ role }) => role },
    {
      key: 'created',
      header: 'Created',
      phone: 'detail',
      cell: ({ createdAt, createdBy }) => (
        <>
          <Moment at={createdAt} now={now} /> by {createdBy}
        </>
      ),
    },
    {
      key: 'used',
      header: 'Last used',
      phone: 'detail',
      cell: ({ lastUsedAt }) =>
        lastUsedAt === undefined ? <Nothing word="never" /> : <Moment at={lastUsedAt} now={now} />,
    },
    {
      key: 'actions',
      header: <span className="unseen">Actions</span>,
      phone: 'line',
      cell: (key) => (
        <Button look="quiet" onClick={() => onAsk({ kind: 'revoke-key', key })}>
          Revoke…
        </Button>
      ),
    },
  ];
  return (
    <Card
      title="API keys"
      isFlush
      aside={<Button onClick={() => onAsk({ kind: 'create-key' })}>Create key…</Button>}
    >
      <QueryView what="the API keys" query={query}>
        {(keys) =>
          keys.length === 0 ? (
            <Look title="There is no API key.">A key lets a program use the admin API.</Look>
          ) : (
            <Table label="API keys" columns={columns} rows={keys} keyOf={({ id }) => id} />
          )
        }
      </QueryView>
    </Card>
  );
}
