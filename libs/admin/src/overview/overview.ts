import type { Clock } from '@leveret/core';
import type { OverviewView } from '@leveret/http-contract/admin';
import type { FaultMonitor } from '../faults/fault-monitor.ts';
import { toQueueSummaries } from '../queues/queue-summaries.ts';
import { toFailureGroupView } from '../resources/failures/group-view.ts';
import { toIso } from '../resources/wire/values.ts';
import { dependenciesOf } from './dependencies.ts';
import type { LedgerSnapshot, LedgerSnapshots } from './ledger-snapshots.ts';

/** Groups that grow in one overview. */
const MAX_GROWING = 10;

/** What the overview is made of. */
export interface OverviewOptions {
  readonly snapshots: LedgerSnapshots;
  readonly monitor: Pick<FaultMonitor, 'current' | 'observed'>;
  readonly clock: Clock;
}

/** Makes the overview: whether anything is wrong, and where jobs pile up. */
export interface Overview {
  /** From a snapshot that is at most a second old. While the ledger is away, only faults and dependencies are there. Never rejects. */
  current(): Promise<OverviewView>;
}

/** Creates it. */
export function createOverview({ snapshots, monitor, clock }: OverviewOptions): Overview {
  return {
    async current() {
      const ledger = await snapshots.current().catch(() => undefined);
      const { faults } = monitor.current();
      return {
        at: toIso(ledger?.at ?? clock.now()),
        faults,
        dependencies: dependenciesOf(monitor.observed(), faults),
        ...(ledger === undefined ? {} : { ledger: toLedgerView(ledger) }),
      };
    },
  };
}

function toLedgerView(snapshot: LedgerSnapshot): OverviewView['ledger'] {
  const { counts, groups, trends, setAside, runningOperations, lag, at } = snapshot;
  const countByState: NonNullable<OverviewView['ledger']>['counts'] = {};
  for (const { state, count } of counts) countByState[state] = (countByState[state] ?? 0) + count;
  return {
    counts: countByState,
    queues: toQueueSummaries({ ...snapshot, now: at }),
    growing: groups
      .map((group) => toFailureGroupView(group, trends))
      .filter(({ newJobs }) => newJobs > 0)
      .sort((one, other) => other.newJobs - one.newJobs)
      .slice(0, MAX_GROWING),
    setAside: setAside.messages + setAside.events,
    runningOperations,
    lag,
  };
}
