import type {
  CompletionsView,
  JobCountsView,
  JobPageView,
  JobSummaryView,
} from '@leveret/http-contract/admin';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';

type Moments = 'createdAt' | 'updatedAt' | 'startedAt' | 'finishedAt' | 'dueAt';

/** A job as lists show it. */
export interface Job extends Omit<JobSummaryView, Moments> {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** When it is due: of a job that is scheduled or retrying. */
  readonly dueAt: Date | undefined;
}

/** A way in which a filter may go on. */
export type Completion = CompletionsView['completions'][number];

/** In which order jobs are listed, by when they were last updated. */
export const JOB_ORDERS = ['newest-first', 'oldest-first'] as const;
/** In which order jobs are listed. */
export type JobOrder = (typeof JOB_ORDERS)[number];

/** Which jobs a list shows. */
export interface JobListSearch {
  /** In the filter language. Empty: all jobs. */
  readonly filter: string;
  readonly order: JobOrder;
}

/** Jobs of one page. */
export const JOBS_PER_PAGE = 100;
/** Pages that are kept: 2,000 jobs. Others are read again when they are needed. */
const MAX_PAGES = 20;
const COUNT_EVERY_MS = 5_000;

/** Where a page begins. Cursors lead forward only, so each place remembers the one before. */
interface Place {
  readonly cursor: string | undefined;
  /** How many jobs of the list come before. */
  readonly from: number;
  readonly previous: Place | undefined;
}

/** Where a list begins. */
export const LIST_START: Place = { cursor: undefined, from: 0, previous: undefined };

/** Jobs of a list, and where they begin in it. */
export interface JobStretch {
  readonly jobs: readonly Job[];
  /** How many jobs of the list come before the first. */
  readonly from: number;
}

/** The jobs that a filter selects, page by page, forward and back. What changes later comes by the live stream: the list itself is not read again. */
export function jobsQuery({ filter, order }: JobListSearch) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'list', filter, order],
    queryFn: ({ pageParam: { cursor }, signal }) =>
      call<JobPageView>('/jobs', { query: { filter, order, cursor, limit: JOBS_PER_PAGE }, signal }),
    initialPageParam: LIST_START,
    getNextPageParam: ({ nextCursor, jobs }: JobPageView, _pages, place: Place): Place | undefined =>
      nextCursor === undefined
        ? undefined
        : { cursor: nextCursor, from: place.from + jobs.length, previous: place },
    getPreviousPageParam: (_page: JobPageView, _pages, place: Place) => place.previous,
    maxPages: MAX_PAGES,
    select: ({ pages, pageParams }): JobStretch => ({
      jobs: pages.flatMap(({ jobs }) => jobs.map(toJob)),
      from: pageParams[0]?.from ?? 0,
    }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnReconnect: false,
  });
}

/** The first page of a list as it is now. */
export async function readFirstJobs({ filter, order }: JobListSearch): Promise<readonly Job[]> {
  const { jobs } = await call<JobPageView>('/jobs', { query: { filter, order, limit: JOBS_PER_PAGE } });
  return jobs.map(toJob);
}

/** How many jobs a filter selects. */
export function jobCountsQuery(filter: string) {
  return queryOptions({
    queryKey: ['jobs', 'count', filter],
    queryFn: ({ signal }) => call<JobCountsView>('/jobs/count', { query: { filter }, signal }),
    // A count that takes too long is not asked for again and again.
    refetchInterval: ({ state }) => (state.error === null ? COUNT_EVERY_MS : false),
    placeholderData: keepPreviousData,
  });
}

/** How a term of a filter may go on. */
export function completionsQuery(term: string) {
  return queryOptions({
    queryKey: ['jobs', 'completions', term],
    queryFn: ({ signal }) => call<CompletionsView>('/jobs/completions', { query: { term }, signal }),
    select: ({ completions }: CompletionsView) => completions,
    placeholderData: keepPreviousData,
    staleTime: COUNT_EVERY_MS,
    retry: false,
  });
}

/** Jobs by what they were made of: when another page of a list is read, those that were there stay the same, and their rows are not rendered again. */
const jobsByView = new WeakMap<JobSummaryView, Job>();

/** A job of the contract, with moments as dates. The same view gives the same job. */
export function toJob(view: JobSummaryView): Job {
  const known = jobsByView.get(view);
  if (known !== undefined) return known;
  const { createdAt, updatedAt, startedAt, finishedAt, dueAt, ...rest } = view;
  const job: Job = {
    ...rest,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    startedAt: toDate(startedAt),
    finishedAt: toDate(finishedAt),
    dueAt: toDate(dueAt),
  };
  jobsByView.set(view, job);
  return job;
}

function toDate(moment: string | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment);
}
