import type { DependencyView, FaultView, OverviewView } from '@leveret/http-contract/admin';
import { queryOptions } from '@tanstack/react-query';
import { type FailureGroup, toFailureGroup } from './failures.ts';
import { type Queue, toQueue } from './queues.ts';
import { call } from './transport/client.ts';

/** Something that is wrong now. */
export interface Fault extends Omit<FaultView, 'since'> {
  readonly since: Date;
}

type LedgerView = NonNullable<OverviewView['ledger']>;

/** What the ledger says of all queues. */
export interface LedgerOverview extends Omit<LedgerView, 'queues' | 'growing'> {
  readonly queues: readonly Queue[];
  readonly growing: readonly { readonly group: FailureGroup; readonly trend: readonly number[] }[];
}

/** Whether anything is wrong, and where jobs pile up. */
export interface Overview {
  readonly at: Date;
  readonly faults: readonly Fault[];
  readonly dependencies: readonly DependencyView[];
  /** Undefined while the ledger is away. */
  readonly ledger: LedgerOverview | undefined;
}

/** What was read so short a time ago is not read again, in milliseconds: the server makes it anew once a second. */
const FRESH_MS = 1_000;

/** The overview. The live stream of the shell keeps it up to date: `queryClient.setQueryData` with the view of the contract. */
export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => call<OverviewView>('/overview', { signal }),
  select: toOverview,
  staleTime: FRESH_MS,
});

function toOverview({ at, faults, dependencies, ledger }: OverviewView): Overview {
  return {
    at: new Date(at),
    faults: faults.map((fault) => ({ ...fault, since: new Date(fault.since) })),
    dependencies,
    ledger:
      ledger === undefined
        ? undefined
        : {
            ...ledger,
            queues: ledger.queues.map(toQueue),
            growing: ledger.growing.map(({ group, trend }) => ({ group: toFailureGroup(group), trend })),
          },
  };
}
