import { useQuery } from '@tanstack/react-query';
import { failureGroupQuery } from '../../api/failures.ts';
import type { Operation } from '../../api/operations.ts';
import { ApiError } from '../../api/transport/api-error.ts';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { GroupCard } from './group-card.tsx';

interface UnlistedGroupProps {
  readonly fingerprint: string;
  readonly operations: readonly Operation[];
  readonly onOpen: (fingerprint: string) => void;
  readonly now: Date;
}

/** A group that an address names and the list does not have: no job of it fails any more, or too many other groups failed later. */
export function UnlistedGroup({ fingerprint, operations, onOpen, now }: UnlistedGroupProps) {
  const query = useQuery(failureGroupQuery(fingerprint));
  if (query.error instanceof ApiError && query.error.code === 'FAILURE_GROUP_NOT_FOUND')
    return (
      <div className="card">
        <Look title="No job has ever failed with this fingerprint.">
          The address may be cut off. <code>{fingerprint}</code>
        </Look>
      </div>
    );
  return (
    <QueryView what="the group" query={query}>
      {({ group }) => <GroupCard group={group} isOpened operations={operations} onOpen={onOpen} now={now} />}
    </QueryView>
  );
}
