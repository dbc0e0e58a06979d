import { CONTROL_ACTIONS, type ControlAction, type JobState, systemClock } from '@leveret/core';
import { useCallback, useReducer, useState } from 'react';
import { MAX_SELECTED_JOBS } from '../../api/actions.ts';
import type { JobListSearch } from '../../api/jobs.ts';
import { ApiError } from '../../api/transport/api-error.ts';
import { formatCounted } from '../../format/number.ts';
import { ActionDialog, type ActionTarget } from '../../parts/action-dialog.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { Loading } from '../../ui/looks/loading.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Stale } from '../../ui/looks/stale.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { statesOf } from './filter-text.ts';
import { JobRows } from './job-rows.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { type JobList, useJobList } from './use-job-list.ts';

interface JobListCardProps {
  readonly search: JobListSearch;
  readonly matching:
    | {
        readonly count: number;
        readonly isExact: boolean;
        readonly byState?: Partial<Record<JobState, number>> | undefined;
      }
    | undefined;
}

/** Ids of jobs and the states in which they were selected: the list may not have them any more. */
type Selection = ReadonlyMap<string, JobState> | 'all';
type SelectionChange = 'nothing' | 'shown' | 'all' | { readonly toggle: string };
const NOTHING: Selection = new Map();
const ACTIONS = Object.keys(CONTROL_ACTIONS) as readonly ControlAction[];

/** The list of jobs of one filter, with what is selected of it. */
export function JobListCard({ search, matching }: JobListCardProps) {
  const list = useJobList(search);
  const { query, rows, live } = list;
  // The reducer knows the rows as they are now, and `select` stays the same: rows are not rendered again for it.
  const [selected, select] = useReducer(
    (before: Selection, change: SelectionChange) => changed(before, change, list),
    NOTHING,
  );
  const toggle = useCallback((id: string) => select({ toggle: id }), []);
  const [asking, setAsking] = useState<{ readonly action: ControlAction; readonly target: ActionTarget }>();
  const now = useNow();
  if (query.data === undefined && query.error instanceof ApiError && query.error.code === 'QUERY_TOO_BROAD')
    return <TooBroad detail={query.error.message} />;
  const ask = (action: ControlAction) =>
    setAsking({ action, target: targetOf(action, selected, search, matching) });
  return (
    <div className="card job-list" data-flush>
      {live.kind === 'stale' && <Stale since={live.since} reason="Live updates of this list stopped." />}
      <div className="selection">
        <SelectionBar
          shownCount={rows.length}
          selectedCount={selected === 'all' ? rows.length : selected.size}
          isAll={selected === 'all'}
          matching={matching}
          states={selectedStates(selected, list, search.filter)}
          onSelectShown={(isSelected) => select(isSelected ? 'shown' : 'nothing')}
          onSelectAll={() => select('all')}
          onAct={ask}
        />
        <NewJobs list={list} />
      </div>
      <QueryView what="the jobs" query={query} loading={<Loading what="the jobs" />}>
        {() =>
          rows.length === 0 ? (
            <NoJobs filter={search.filter} />
          ) : (
            <JobRows list={list} selected={selected} onToggle={toggle} now={now} />
          )
        }
      </QueryView>
      <footer className="pager">
        {matching !== undefined && (
          <span>
            {matching.isExact ? '' : 'more than '}
            {formatCounted(matching.count, 'job')},{' '}
            {search.order === 'newest-first' ? 'last updated first' : 'longest unchanged first'}
          </span>
        )}
        {query.isFetchingNextPage && <span role="status">Loading more …</span>}
        {query.isFetchNextPageError && <Button onClick={() => query.fetchNextPage()}>Try again</Button>}
      </footer>
      {asking !== undefined && (
        <ActionDialog
          {...asking}
          onClose={() => setAsking(undefined)}
          onDone={() => select('nothing')}
          showsOperation
        />
      )}
    </div>
  );
}

function NewJobs({ list: { newCount, isBehind, showNew } }: { readonly list: JobList }) {
  if (newCount === 0 && !isBehind) return null;
  return (
    <Button look="pill" onClick={showNew}>
      {newCount === 0 ? 'Refresh' : `${newCount}${isBehind ? ' or more' : ''} new`}
    </Button>
  );
}

/** The ledger would have to read too many jobs to find these. */
function TooBroad({ detail }: { readonly detail: string }) {
  return (
    <div className="card">
      <Look glyph="warning" title="Narrow your search.">
        The ledger would have to read too many jobs to find these. Add a state, a queue, a kind, or a time
        such as <code>updated:&lt;1h</code>. {detail}
      </Look>
    </div>
  );
}

function NoJobs({ filter }: { readonly filter: string }) {
  if (filter === '')
    return <Look title="There is no job yet.">Jobs appear here as soon as a producer enqueues one.</Look>;
  return (
    <Look title="No job matches this filter.">
      Remove a term, or wait: new jobs appear here by themselves.
    </Look>
  );
}

function targetOf(
  action: ControlAction,
  selected: Selection,
  { filter }: JobListSearch,
  matching: JobListCardProps['matching'],
): ActionTarget {
  if (selected !== 'all') return { kind: 'selected', jobIds: [...selected.keys()] };
  if (statesOf(filter, systemClock.now()) !== undefined)
    return { kind: 'matching', filter, count: matching?.count, isExact: matching?.isExact ?? false };
  // Without a state the server takes only those that the action is for: what is sent says so, and what is counted.
  const { selects } = CONTROL_ACTIONS[action];
  const byState = matching?.byState;
  return {
    kind: 'matching',
    filter: `state:${selects.join(',')} ${filter}`.trim(),
    count: byState && selects.reduce((sum, state) => sum + (byState[state] ?? 0), 0),
    isExact: byState !== undefined,
  };
}

function selectedStates(selected: Selection, { rows }: JobList, filter: string): readonly JobState[] {
  if (selected !== 'all') {
    const now = new Map(rows.map(({ job }) => [job.id, job.state]));
    return [...selected].map(([id, state]) => now.get(id) ?? state);
  }
  // Without a state, the server selects those that the action is for.
  return statesOf(filter, systemClock.now()) ?? ACTIONS.flatMap((action) => CONTROL_ACTIONS[action].selects);
}

function shownOf({ rows }: JobList): ReadonlyMap<string, JobState> {
  return new Map(rows.slice(0, MAX_SELECTED_JOBS).map(({ job }) => [job.id, job.state]));
}

function changed(before: Selection, change: SelectionChange, list: JobList): Selection {
  switch (change) {
    case 'nothing':
      return NOTHING;
    case 'shown':
      return shownOf(list);
    case 'all':
      return 'all';
    default:
      return toggled(before, change.toggle, list);
  }
}

function toggled(before: Selection, id: string, list: JobList): Selection {
  const after = new Map(before === 'all' ? shownOf(list) : before);
  const state = list.rows.find(({ job }) => job.id === id)?.job.state;
  if (!after.delete(id) && state !== undefined && after.size < MAX_SELECTED_JOBS) after.set(id, state);
  return after;
}
