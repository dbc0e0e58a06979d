import { useQuery } from '@tanstack/react-query';
import { type Account, accountsQuery } from '../../api/accounts.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Card } from '../../ui/data/card.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Nothing } from '../../ui/text/count.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import type { Ask } from './asking.ts';

/** All accounts. */
export function AccountCard({ onAsk }: { readonly onAsk: Ask }) {
  const query = useQuery(accountsQuery);
  const now = useNow();
  const columns: readonly Column<Account>[] = [
    { key: 'name', header: 'Account', phone: 'title', cell: ({ name }) => name },
    { key: 'role', header: 'Role', phone: 'figure', cell: ({ role }) => role },
    {
      key: 'last',
      header: 'Last sign-in',
      phone: 'detail',
      cell: ({ lastSignInAt }) =>
        lastSignInAt === undefined ? <Nothing word="never" /> : <Moment at={lastSignInAt} now={now} />,
    },
    {
      key: 'sessions',
      header: 'Sessions',
      isNumber: true,
      phone: 'detail',
      cell: ({ sessions }) => sessions,
    },
    {
      key: 'actions',
      header: <span className="unseen">Actions</span>,
      phone: 'line',
      cell: (account) => (
        <span className="actions">
          <Button look="quiet" onClick={() => onAsk({ kind: 'set-role', account })}>
            Change role…
          </Button>
          <Button look="quiet" onClick={() => onAsk({ kind: 'reset-password', name: account.name })}>
            Reset password…
          </Button>
          <Button look="quiet" onClick={() => onAsk({ kind: 'remove-account', name: account.name })}>
            Remove…
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Card
      title="Accounts"
      isFlush
      aside={<Button onClick={() => onAsk({ kind: 'add-account' })}>Add account…</Button>}
    >
      <QueryView what="the accounts" query={query}>
        {(accounts) =>
          accounts.length === 0 ? (
            <Look title="There is no account.">This server lets everybody on its machine in.</Look>
          ) : (
            <Table label="Accounts" columns={columns} rows={accounts} keyOf={({ name }) => name} />
          )
        }
      </QueryView>
    </Card>
  );
}
