import type {
  FailureGroupDetailsView,
  FailureGroupsView,
  FailureGroupView,
} from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';
import { FRESH_MS } from './transport/fresh.ts';

/** Jobs whose newest failures have the same cause. */
export interface FailureGroup extends Omit<FailureGroupView, 'firstSeenAt' | 'lastSeenAt'> {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/** A group with its newest failure in full, and what differs between its newest jobs. */
export interface FailureGroupDetails extends Omit<FailureGroupDetailsView, 'group'> {
  readonly group: FailureGroup;
}

/** Which group is opened. */
export interface FailuresSearch {
  /** Empty: none. */
  readonly fingerprint: string;
}

const REFETCH_MS = 5_000;

/** Groups of failures, those that failed last first. */
export const failuresQuery = queryOptions({
  queryKey: ['failures', 'list'],
  queryFn: ({ signal }) => call<FailureGroupsView>('/failures', { signal }),
  select: ({ groups }: FailureGroupsView) => groups.map(toFailureGroup),
  staleTime: FRESH_MS,
  refetchInterval: REFETCH_MS,
});

/** One group. */
export function failureGroupQuery(fingerprint: string) {
  return queryOptions({
    queryKey: ['failures', 'group', fingerprint],
    queryFn: ({ signal }) =>
      call<FailureGroupDetailsView>(`/failures/${encodeURIComponent(fingerprint)}`, { signal }),
    select: ({ group, ...view }: FailureGroupDetailsView): FailureGroupDetails => ({
      ...view,
      group: toFailureGroup(group),
    }),
    refetchInterval: REFETCH_MS,
  });
}

/** A group of the contract, with moments as dates. */
export function toFailureGroup({ firstSeenAt, lastSeenAt, ...view }: FailureGroupView): FailureGroup {
  return { ...view, firstSeenAt: new Date(firstSeenAt), lastSeenAt: new Date(lastSeenAt) };
}
