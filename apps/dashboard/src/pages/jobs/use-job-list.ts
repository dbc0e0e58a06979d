import { systemClock } from '@leveret/core';
import type { LiveJobsView } from '@leveret/http-contract/admin';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { startTransition, useMemo, useState } from 'react';
import {
  JOBS_PER_PAGE,
  type Job,
  type JobListSearch,
  jobCountsQuery,
  jobsQuery,
  LIST_START,
  readFirstJobs,
  toJob,
} from '../../api/jobs.ts';
import { useLiveStream } from '../../live/use-live-stream.ts';
import { type LiveChanges, NO_CHANGES, withChanges } from './live-changes.ts';

/** Counts are read at most so often, in milliseconds, however much happens. They are read again by themselves later. */
const COUNT_AT_MOST_EVERY_MS = 1_000;

/** A row of the list. */
export interface JobRow {
  readonly job: Job;
  /** The filter does not select it any more. It keeps its place until the list is read again. */
  readonly isGone: boolean;
}

/** Follows the jobs of a list. Rows change in place; new ones wait until {@link JobList.showNew}. */
export function useJobList(search: JobListSearch) {
  const queryClient = useQueryClient();
  const options = jobsQuery(search);
  const query = useInfiniteQuery(options);
  const [changes, setChanges] = useState<LiveChanges>(NO_CHANGES);
  const [isBehind, setBehind] = useState(false);
  const jobs = query.data?.jobs;
  const rows = useMemo(() => toRows(jobs ?? [], changes), [jobs, changes]);
  const listed = useMemo(() => new Map(jobs?.map((job) => [job.id, job])), [jobs]);

  const receive = (changed: readonly Job[], gone: readonly string[]) => {
    const ids = new Set(listed.keys());
    // Of the oldest jobs, those that change leave for the end of the list.
    const wanted = search.order === 'newest-first' ? changed : changed.filter(({ id }) => ids.has(id));
    // Where nothing is shown, nothing can move.
    if (ids.size === 0 && changed.length > 0) return query.refetch();
    // Scrolling and clicks come first.
    startTransition(() => setChanges((before) => withChanges(before, ids, { changed: wanted, gone })));
  };
  const catchUp = async () => {
    const head = await readFirstJobs(search);
    const there = new Set(head.map(({ id }) => id));
    const isWhole = head.length < JOBS_PER_PAGE;
    const changed = head.filter(({ id, updatedAt }) => {
      const known = changes.latest.get(id) ?? listed.get(id);
      return known?.updatedAt.getTime() !== updatedAt.getTime();
    });
    await receive(changed, isWhole ? [...listed.keys()].filter((id) => !there.has(id)) : []);
    if (!isWhole && changed.length > 0) setBehind(true);
  };
  const live = useLiveStream(
    // Only from then on there is something that can be out of date.
    jobs === undefined ? undefined : '/live/jobs',
    {
      jobs(data) {
        const { changed, gone, counts } = data as LiveJobsView;
        return Promise.all([receive(changed.map(toJob), gone), counts ? refreshCounts() : undefined]);
      },
      gap: () => Promise.all([catchUp(), refreshCounts()]).catch(() => setBehind(true)),
    },
    search.filter === '' ? {} : { filter: search.filter },
  );

  function refreshCounts() {
    const { queryKey } = jobCountsQuery(search.filter);
    const countedAt = queryClient.getQueryState(queryKey)?.dataUpdatedAt ?? 0;
    if (systemClock.now() - countedAt < COUNT_AT_MOST_EVERY_MS) return;
    return queryClient.invalidateQueries({ queryKey }, { cancelRefetch: false });
  }

  async function showNew() {
    queryClient.setQueryData(options.queryKey, (data) =>
      data === undefined ? data : { pages: data.pages.slice(0, 1), pageParams: [LIST_START] },
    );
    await query.refetch();
    setChanges(NO_CHANGES);
    setBehind(false);
  }

  return { query, rows, live, isBehind, newCount: changes.fresh.size, showNew };
}

/** What a list shows. */
export type JobList = ReturnType<typeof useJobList>;

function toRows(jobs: readonly Job[], { latest, gone }: LiveChanges): readonly JobRow[] {
  // A job that changes while pages are read may be on two of them.
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return [...byId.values()].map((job) => ({
    job: newer(job, latest.get(job.id)),
    isGone: gone.has(job.id),
  }));
}

function newer(read: Job, received: Job | undefined): Job {
  return received === undefined || received.updatedAt < read.updatedAt ? read : received;
}
