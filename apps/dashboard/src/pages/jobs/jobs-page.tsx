import { systemClock } from '@leveret/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { JOB_ORDERS, type JobListSearch, type JobOrder, jobCountsQuery } from '../../api/jobs.ts';
import { JumpToTime } from '../../parts/jump-to-time.tsx';
import { Choice } from '../../ui/controls/choice.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { Page } from '../../ui/page.tsx';
import { FilterBar } from './filter-bar.tsx';
import { faultOf, statesOf, withoutStates, withStart, withStateToggled } from './filter-text.ts';
import { JobListCard } from './job-list-card.tsx';
import { StateToggles } from './state-toggles.tsx';
import './jobs.css';

const route = getRouteApi('/app/jobs');
const ORDER_WORDS: Readonly<Record<JobOrder, string>> = {
  'newest-first': 'Newest first',
  'oldest-first': 'Oldest first',
};

const START_WORDS: Readonly<Record<JobOrder, string>> = {
  'newest-first': 'The list begins with the jobs that were last updated before.',
  'oldest-first': 'The list begins with the jobs that were last updated then, or after.',
};

/** Which jobs are there? */
export function JobsPage() {
  const search = route.useSearch();
  const { filter, order } = search;
  const navigate = route.useNavigate();
  const clock = () => systemClock.now();
  const fault = faultOf(filter, clock());
  const counts = useQuery({ ...jobCountsQuery(filter), enabled: fault === undefined });
  const show = (next: Partial<JobListSearch>) =>
    navigate({ search: { ...search, ...next }, resetScroll: false });
  return (
    <Page title="Jobs">
      <FilterBar
        key={fault === undefined ? '' : filter}
        filter={filter}
        onChange={(next) => show({ filter: next })}
        now={clock}
      />
      {fault === undefined ? (
        <>
          <div className="list-choices">
            <StateToggles
              byState={counts.data?.byState}
              states={statesOf(filter, clock())}
              onToggle={(state) => show({ filter: withStateToggled(filter, state, clock()) })}
              onAll={() => show({ filter: withoutStates(filter) })}
            />
            <JumpToTime
              words={START_WORDS[order]}
              onJump={(moment) => show({ filter: withStart(filter, moment, order) })}
            />
            <Choice
              label="Order, by when jobs were last updated"
              options={JOB_ORDERS.map((value) => ({ value, label: ORDER_WORDS[value] }))}
              value={order}
              onChange={(next) => show({ order: next })}
            />
          </div>
          <JobListCard
            key={`${filter}\n${order}`}
            search={search}
            matching={counts.isPlaceholderData ? undefined : counts.data}
          />
        </>
      ) : (
        <div className="card">
          <Look glyph="warning" title="This filter cannot be used.">
            Correct it above.
          </Look>
        </div>
      )}
    </Page>
  );
}
