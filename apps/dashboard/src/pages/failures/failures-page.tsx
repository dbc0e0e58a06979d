import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type FailureGroup, failuresQuery } from '../../api/failures.ts';
import { type Operation, operationsQuery } from '../../api/operations.ts';
import { formatCount, formatCounted } from '../../format/number.ts';
import { heldOrder } from '../../parts/held-order.ts';
import { Loading } from '../../ui/looks/loading.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { GroupCard } from './group-card.tsx';
import { openOperationsOf } from './group-operations.ts';
import { UndoDiscards } from './undo-discards.tsx';
import { UnlistedGroup } from './unlisted-group.tsx';
import './failures.css';

const route = getRouteApi('/app/failures');

/** What breaks, how often, and does it still break? */
export function FailuresPage() {
  const { fingerprint } = route.useSearch();
  const query = useQuery(failuresQuery);
  const operations = useQuery(operationsQuery).data ?? [];
  const navigate = route.useNavigate();
  const now = useNow();
  const open = (next: string) =>
    navigate({ search: { fingerprint: next }, replace: true, resetScroll: false });
  return (
    <Page title="Failures">
      <UndoDiscards operations={operations} now={now} />
      <QueryView what="the failures" query={query} loading={<Loading what="the failures" />}>
        {(groups) => (
          <>
            {groups.length > 0 && <Sum groups={groups} />}
            {fingerprint !== '' && groups.every((group) => group.fingerprint !== fingerprint) && (
              <UnlistedGroup
                fingerprint={fingerprint}
                operations={openOperationsOf(fingerprint, operations)}
                onClose={() => open('')}
                now={now}
              />
            )}
            {groups.length === 0 ? (
              <div className="card">
                <Look glyph="up" title="No job fails.">
                  Jobs that retry after a failure, and jobs that are dead, appear here by their cause.
                </Look>
              </div>
            ) : (
              <Groups groups={groups} opened={fingerprint} operations={operations} onOpen={open} now={now} />
            )}
          </>
        )}
      </QueryView>
    </Page>
  );
}

/** One sentence on all of it. */
function Sum({ groups }: { readonly groups: readonly FailureGroup[] }) {
  const retrying = groups.reduce((sum, group) => sum + group.retrying, 0);
  const dead = groups.reduce((sum, group) => sum + group.dead, 0);
  return (
    <p className="lead">
      {formatCounted(retrying + dead, 'job')} {retrying + dead === 1 ? 'fails' : 'fail'} for{' '}
      {groups.length === 1 ? 'one reason' : `${formatCount(groups.length)} different reasons`}:{' '}
      {formatCount(retrying)} still retrying, {formatCount(dead)} dead. Messages that cannot be jobs are{' '}
      <Link to="/set-aside">set aside</Link>.
    </p>
  );
}

interface GroupsProps {
  readonly groups: readonly FailureGroup[];
  readonly opened: string;
  readonly operations: readonly Operation[];
  readonly onOpen: (fingerprint: string) => void;
  readonly now: Date;
}

/** No group moves while the pointer is over them, or while something in them has the focus. */
function Groups({ groups, opened, operations, onOpen, now }: GroupsProps) {
  const [held, setHeld] = useState<readonly string[]>();
  const wanted = groups.map(({ fingerprint }) => fingerprint);
  const byFingerprint = new Map(groups.map((group) => [group.fingerprint, group]));
  const order = held === undefined ? wanted : heldOrder(held, wanted);
  const hold = () => setHeld((before) => before ?? wanted);
  return (
    <ul
      className="failure-groups"
      aria-label="Groups of failures"
      onPointerEnter={hold}
      onPointerLeave={() => setHeld(undefined)}
      onFocus={hold}
      onBlur={() => setHeld(undefined)}
    >
      {order.flatMap((fingerprint) => {
        const group = byFingerprint.get(fingerprint);
        if (group === undefined) return [];
        const isOpened = fingerprint === opened;
        return (
          <li key={fingerprint}>
            <GroupCard
              group={group}
              isOpened={isOpened}
              operations={openOperationsOf(fingerprint, operations)}
              onToggle={() => onOpen(isOpened ? '' : fingerprint)}
              now={now}
            />
          </li>
        );
      })}
    </ul>
  );
}
