import type { OperationItemsView, OperationListView, OperationView } from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { isOpen } from './operation-state.ts';
import { call } from './transport/client.ts';
import { FRESH_MS } from './transport/fresh.ts';

/** An action on many jobs, and how far it is. */
export interface Operation extends Omit<OperationView, 'createdAt' | 'finishedAt'> {
  readonly createdAt: Date;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
}

/** What became of one job of an operation. */
export type OperationItem = OperationItemsView['items'][number];

/** Items of one page. */
export const ITEMS_PER_PAGE = 100;
const REFETCH_MS = 5_000;
const REFETCH_RUNNING_MS = 1_000;

/** Operations, newest first; read more often while one runs. */
export const operationsQuery = queryOptions({
  queryKey: ['operations'],
  queryFn: ({ signal }) => call<OperationListView>('/operations', { signal }),
  select: ({ operations }: OperationListView) => operations.map(toOperation),
  staleTime: FRESH_MS,
  refetchInterval: ({ state }) => intervalFor(state.data?.operations ?? []),
});

/** One operation. */
export function operationQuery(id: string) {
  return queryOptions({
    queryKey: ['operations', id],
    queryFn: ({ signal }) => call<OperationView>(`/operations/${id}`, { signal }),
    select: toOperation,
    refetchInterval: ({ state }) => intervalFor(state.data === undefined ? [] : [state.data]),
  });
}

/**
 * What became of the jobs of an operation.
 *
 * @param from Number of the first item, from 1.
 */
export function operationItemsQuery(id: string, from: number) {
  return queryOptions({
    queryKey: ['operations', id, 'items', from],
    queryFn: ({ signal }) =>
      call<OperationItemsView>(`/operations/${id}/items`, { query: { from, limit: ITEMS_PER_PAGE }, signal }),
    select: ({ items }: OperationItemsView) => items,
    refetchInterval: REFETCH_MS,
  });
}

/** Stops an operation: jobs that are left stay as they are. Safe to repeat. */
export function stopOperation({ id, reason }: StopRequest): Promise<OperationView> {
  return call(`/operations/${id}/stop`, { method: 'POST', body: { reason } });
}

/** Which operation is stopped, and why. */
export interface StopRequest {
  readonly id: string;
  readonly reason: string | undefined;
}

/** An operation of the contract, with moments as dates. */
export function toOperation({ createdAt, finishedAt, ...view }: OperationView): Operation {
  return {
    ...view,
    createdAt: new Date(createdAt),
    finishedAt: finishedAt === undefined ? undefined : new Date(finishedAt),
  };
}

function intervalFor(operations: readonly Pick<OperationView, 'state'>[]): number {
  return operations.some(isOpen) ? REFETCH_RUNNING_MS : REFETCH_MS;
}
