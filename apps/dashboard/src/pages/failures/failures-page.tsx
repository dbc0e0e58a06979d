import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
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
import { openOperationsByGroup } from './group-operations.ts';
import { UndoDiscards } from './undo-discards.tsx';
import { UnlistedGroup } from './unlisted-group.tsx';
import { useOpenedGroup } from './use-opened-group.ts';
import './failures.css';

const NO_OPERATIONS: readonly Operation[] = [];

/** What breaks, how often, and does it still break? */
export function FailuresPage() {
  const [fingerprint, open] = useOpenedGroup();
  const query = useQuery(failuresQuery);
  const operations = useQuery(operationsQuery).data ?? NO_OPERATIONS;
  const openOperations = useMemo(() => openOperationsByGroup(operations), [operations]);
  const now = useNow();
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
                operations={openOperations.get(fingerprint) ?? NO_OPERATIONS}
                onOpen={open}
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
              <Groups
                groups={groups}
                opened={fingerprint}
                operations={openOperations}
                onOpen={open}
                now={now}
              />
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
  readonly operations: ReturnType<typeof openOperationsByGroup>;
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
        return (
          <li key={fingerprint}>
            <GroupCard
              group={group}
              isOpened={fingerprint === opened}
              operations={operations.get(fingerprint) ?? NO_OPERATIONS}
              onOpen={onOpen}
              now={now}
            />
          </li>
        );
      })}
    </ul>
  );
}
